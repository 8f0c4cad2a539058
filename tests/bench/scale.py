"""Large configurations: time, processor time and memory of nivis beside those of plain OpenTofu doing the same work."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nivis_tofu.system.locate import find_engine
from tests.bench.measured import __file__ as measured
from tests.bench.scale_rows import Row
from tests.e2e.project import clean_env

RATIO, MEMORY = 1.1, 150
"""Of the time of plain OpenTofu where a row has goals; MB of nivis itself."""
COMMANDS = ("fresh apply", "unchanged plan")


@dataclass(frozen=True)
class Took:
    """One command. Seconds of the clock and of processors, MB; `own`: processor time of nivis itself."""

    wall: float
    cpu: float
    engine: float
    own: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True)
class Scale:
    """One row, in directories for nivis and for the script."""

    row: Row
    ours: Path
    plain: Path
    env: Mapping[str, str]

    @classmethod
    def prepared(cls, row: Row, directory: Path, env: Mapping[str, str]) -> Scale:
        tofu = find_engine(None, env, lambda argv: subprocess.check_output(argv, text=True)).exe
        found = cls(row, directory / "nivis", directory / "plain", {**clean_env(tofu), **env, "NIVIS_TOFU": str(tofu)})
        for place in (found.ours, found.plain):
            for name, text in row.files.items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_text(text)
            place.mkdir(parents=True, exist_ok=True)
        (found.ours / "flake.nix").write_text(row.flake)
        return found

    def measure(self, rounds: int) -> bool:
        """Print the row, each command by nivis and plain in turn. True if a goal was missed."""
        taken: dict[str, list[tuple[Took, Took]]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for place in (self.ours, self.plain):
                for file in place.glob("*tfstate*"):
                    file.unlink()
                (place / "nivis.state.json").unlink(missing_ok=True)
            self._init()
            taken["fresh apply"].append((self._nivis("apply"), self._script()))
            taken["unchanged plan"].append((self._nivis("plan"), self._tofu("plan", "-input=false")))
        missed = [self._shown(name, found) for name, found in taken.items()]
        return any(missed)

    def _shown(self, name: str, taken: list[tuple[Took, Took]]) -> bool:
        (ours, plain), own = ([t[i] for t in taken] for i in (0, 1)), median(t[0].own for t in taken)
        times = [(median(t.wall for t in side), median(t.cpu for t in side)) for side in (ours, plain)]
        (wall, cpu), (other, other_cpu) = times
        memory, engine, beside = (max(found) for found in ([t.memory for t in ours], *_engines(ours, plain)))
        print(
            f"{self.row.name:22} {name:15} {wall:7.2f} {other:7.2f} {wall / other:6.2f} {cpu:7.2f} {other_cpu:7.2f} "
            f"{cpu / other_cpu:6.2f} {own:7.2f} {memory:6.0f} {engine:6.0f} {beside:6.0f}",
            flush=True,
        )
        missed = [f"{memory:.0f} MB are more than {MEMORY}"] if memory > MEMORY else []
        if self.row.goals and min(wall / other, cpu / other_cpu) > RATIO:
            missed.append(f"more than {RATIO} times what plain OpenTofu takes")
        for text in missed:
            print(f"{'':22} {name}: {text}", file=sys.stderr)
        return bool(missed)

    def _init(self) -> None:
        """What `init` does is not compared."""
        argv = (sys.executable, "-m", "nivis_tofu", "validate")
        subprocess.run(argv, cwd=self.ours, env=self.env, check=True, stdout=subprocess.DEVNULL)
        self._write(0, {})
        self._tofu("init", "-input=false")

    def _nivis(self, verb: str) -> Took:
        report = self.ours.parent / "took.json"
        begun = time.monotonic()
        argv = (sys.executable, measured, str(report), verb)
        subprocess.run(argv, cwd=self.ours, env=self.env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wall, found = time.monotonic() - begun, json.loads(report.read_text())
        return Took(wall, found["own"] + found["others"], found["engine"], found["own"], found["memory"])

    def _script(self) -> Took:
        """A loop in a shell: apply, read the outputs, write the next module, apply."""
        known, ran = dict[str, str](), list[Took]()
        for number in range(len(self.row.steps)):
            self._write(number, known)
            ran.append(self._tofu("apply", "-auto-approve", "-input=false"))
            if number + 1 < len(self.row.steps):
                ran.append(self._tofu("output", "-json"))
                told = json.loads((self.plain.parent / "plain.out").read_text())
                known = {name: output["value"] for name, output in told.items()}
        return Took(sum(t.wall for t in ran), sum(t.cpu for t in ran), max(t.engine for t in ran))

    def _write(self, number: int, known: Mapping[str, str]) -> None:
        # What is only needed to learn what outputs there are is not compared.
        step = self.row.steps[number](known)
        (self.plain / "main.tf.json").write_text(json.dumps(step, indent=2))

    def _tofu(self, *args: str) -> Took:
        begun = time.monotonic()
        with (self.plain.parent / "plain.out").open("w") as out:
            child = subprocess.Popen((self.env["NIVIS_TOFU"], *args), cwd=self.plain, env=self.env, stdout=out)
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, args)
        return Took(time.monotonic() - begun, usage.ru_utime + usage.ru_stime, _peak(usage))


def _peak(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


def _engines(*sides: list[Took]) -> list[list[float]]:
    return [[t.engine for t in side] for side in sides]


HEAD = (
    "\n"
    "scale                  command           nivis   plain  ratio   nivis   plain  ratio     own  nivis engine  plain\n"
    "                                           [s]     [s]          [CPU s]         [CPU s]  [CPU s]  [MB]   [MB]   [MB]"
)
