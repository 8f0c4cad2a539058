"""One project with its cloud, tools that can be told to misbehave, and everything that was said in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaign import cloud as clouds
from tests.campaign.announced import Listener
from tests.campaign.cloud import Cloud
from tests.e2e.project import NIVIS, Project, Result

HERE = Path(__file__).parent
FLAKE = HERE.parent / "property" / "flake.nix"
CANARY = "c4n4ry" + "-of-the-campaign-"
"""How everything secret begins: the variable, and what the cloud makes. In two pieces, because somebody else may put a
copy of this file into the store."""
MODULE = """variable "input" { default = null }
resource "terraform_data" "in" { input = var.input }
output "id" { value = terraform_data.in.id }
output "out" { value = terraform_data.in.output }
"""
WRAPPER = """#!/bin/sh
printf '%s\\n' "$0 $*" >> '@top@/argv'
if [ -n "$CAMPAIGN_TOOL" ] && [ "$CAMPAIGN_WHICH" = '@name@' ]; then
  trap '' INT
  exec '@python@' -S -E '@here@/bad_engine.py' '@real@' "$@"
fi
exec '@real@' "$@"
"""
HANGS = 240.0
"""Seconds after which a command counts as hanging."""
BUGS = ("Traceback (most recent call last)", "bug in nivis", "internal error", "Internal error", "panic: ")
OWN = {"flake.nix", "flake.lock", "graph.json", ".nivis", ".git", ".terraform.lock.hcl", "m", "own", "errored.tfstate"}
STATE = re.compile(r"nivis\.(s\d+\.)?state\.json")


class Violation(Exception):
    """`kind`: which invariant; the text: what was seen."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Stopped(Exception):
    """Somebody wants the campaign to end."""


@dataclass
class World:
    """`top` holds the project and everything about it."""

    top: Path
    mode: str
    cloud: Cloud
    tofu: Path
    stop: Path | None = None
    said: list[str] = field(default_factory=list)
    """Every command with what it said, in order."""
    store: set[str] = field(default_factory=set)
    in_git: bool = False
    born: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        for name in ("p/m", "bin", "tmp", "outside"):
            (self.top / name).mkdir(parents=True)
        for path in (self.directory / "own", self.top / "outside/file"):
            path.write_text("of somebody")
            path.chmod(0o644)
        (self.directory / "m/main.tf").write_text(MODULE)
        shutil.copyfile(FLAKE, self.directory / "flake.nix")
        self._wrap("tofu", str(self.tofu))
        nix = Path(shutil.which("nix") or "nix")
        self._wrap("nix", str(nix))
        for name in ("nix-store", "nix-instantiate"):
            (self.top / "bin" / name).symlink_to(nix.parent / name)
        self.listener = Listener(self.top)
        self.project = Project(self.directory, self.top / "bin/tofu")
        self.project.env |= self.cloud.environment(self.project.env) | {
            "PATH": f"{self.top}/bin:{os.environ['PATH']}",
            "TMPDIR": str(self.top / "tmp"),
            "NIVIS_VAR_canary": self.canary,
            "CAMPAIGN_MARK": str(self.top),
        }
        self.project.env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.store = stored()

    @property
    def directory(self) -> Path:
        return self.top / "p"

    @property
    def canary(self) -> str:
        return f"{CANARY}variable"

    def _wrap(self, name: str, real: str) -> None:
        path = self.top / "bin" / name
        text = WRAPPER
        for key, value in {"top": self.top, "name": name, "python": sys.executable, "here": HERE, "real": real}.items():
            text = text.replace(f"@{key}@", str(value))
        path.write_text(text)
        path.chmod(0o755)

    def write(self, spec: Mapping[str, Any]) -> None:
        (self.directory / "graph.json").write_text(json.dumps(spec, indent=1))
        if self.in_git:
            if not (self.directory / ".git").exists():
                self._git("init", "-q")
            self._git("add", "flake.nix", "graph.json", "m/main.tf")

    def _git(self, *args: str) -> None:
        subprocess.run(["git", *args], cwd=self.directory, check=True, capture_output=True)

    # Commands.

    def run(self, *args: str) -> Result:
        """A command that nothing happens to."""
        self._go_on()
        try:
            return self.heard(args, self.project.run(*args))
        except subprocess.TimeoutExpired:
            raise Violation("hangs", f"nivis {' '.join(args)} did not end") from None

    def _go_on(self) -> None:
        if self.stop and self.stop.exists():
            raise Stopped

    def start(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        die: Mapping[str, Any] | None = None,
        before: Callable[[], None] | None = None,
    ) -> subprocess.Popen[str]:
        """A command that something will happen to. `die`: as `dying.py` takes it; `before`: called in the child."""
        self._go_on()
        full = {**self.project.env, **(env or {})}
        argv = [str(NIVIS), *args]
        if die:
            argv = [sys.executable, str(HERE / "dying.py"), *args]
            full["CAMPAIGN_DIE"] = json.dumps(die)
        return subprocess.Popen(
            argv,
            cwd=self.directory,
            env=full,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            preexec_fn=before,
        )

    def end(self, process: subprocess.Popen[str], seconds: float = HANGS) -> Result:
        """What it has said; a violation if it does not end."""
        args = tuple(process.args[1:] if isinstance(process.args, list) else ())
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            tree = "\n".join(" ".join(clouds.words(p)) for p in clouds.family(process.pid))
            clouds.send(clouds.family(process.pid))
            out, err = process.communicate()
            self.heard(args, Result(out, err, process.returncode))
            raise Violation("hangs", f"it did not end in {seconds} s:\n{tree}") from None
        return self.heard(args, Result(out, err, process.returncode))

    def heard(self, args: tuple[str, ...], result: Result) -> Result:
        """Notes what was said, and looks at it."""
        text = f"$ nivis {' '.join(map(str, args))}\n{result.stdout}{result.stderr}exit code {result.code}, {self._clock()}\n"
        self.said.append(text)
        for bug in BUGS:
            if bug in text:
                raise Violation("traceback", text)
        if CANARY in text:
            raise Violation("secret shown", text)
        # Who is stopped before anything has begun has no handler yet; a shell shows 130 and 143 all the same.
        early = () if result.stdout or result.stderr else (-signal.SIGINT, -signal.SIGTERM)
        if result.code not in (0, 1, 2, 3, 130, 143, -signal.SIGKILL, -signal.SIGHUP, *early):
            raise Violation("exit code", text)
        return result

    def _clock(self) -> str:
        """Seconds since the beginning."""
        return f"{time.monotonic() - self.born:.1f} s"

    # What must hold whenever nothing runs.

    def running(self) -> list[int]:
        """Processes of this project."""
        mark = f"CAMPAIGN_MARK={self.top}\0".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes():
                    found.append(int(path.parent.name))
        return found

    def idle(self, seconds: float = 60.0) -> None:
        """Until what outlived a killed run has ended."""
        until = time.monotonic() + seconds
        while left := self.running():
            if time.monotonic() > until:
                text = "\n".join(" ".join(clouds.words(p)) for p in left)
                clouds.send(left)
                raise Violation("process left", text)
            time.sleep(0.05)

    def look(self, *, module: bool, temporary: bool) -> None:
        """Secrets and what lies about: a run that was killed may leave its module and temporary files."""
        for text in self._leaks():
            raise Violation("secret leaked", text)
        strange = {p.name for p in self.directory.iterdir() if p.name not in OWN and not STATE.fullmatch(p.name)}
        if strange and not module:
            raise Violation("files left", f"in the project: {sorted(strange)}")
        for path in (self.directory / "own", self.top / "outside/file"):
            if path.read_text() != "of somebody" or stat.S_IMODE(path.stat().st_mode) != 0o644:
                raise Violation("foreign file changed", str(path))
        left = sorted(p.name for p in (self.top / "outside").iterdir())
        if left != ["file"]:
            raise Violation("foreign file changed", f"outside the project: {left}")
        found = sorted(p.name for p in (self.top / "tmp").iterdir())
        shutil.rmtree(self.top / "tmp")
        (self.top / "tmp").mkdir()
        if found and not temporary:
            raise Violation("files left", f"in TMPDIR: {found}")

    def _leaks(self) -> Iterator[str]:
        argv = self.top / "argv"
        if argv.exists():
            if CANARY in (text := argv.read_text(errors="replace")):
                yield next(line for line in text.splitlines() if CANARY in line)
            argv.unlink()
        for name in sorted(stored() - self.store):
            self.store.add(name)
            if subprocess.run(["grep", "-rqaF", CANARY, f"/nix/store/{name}"], check=False).returncode == 0:
                yield f"/nix/store/{name}"
        for path in [*self.directory.rglob("*"), *(self.top / "tmp").rglob("*")]:
            if path.is_file() and not path.is_symlink() and CANARY.encode() in path.read_bytes():
                mode = stat.S_IMODE(path.stat().st_mode)
                if mode & 0o077 or (path.suffix == ".json" and path.name.endswith(".tf.json")):
                    yield f"{path} ({mode:o})"

    def close(self) -> None:
        clouds.send(self.running())


def stored() -> set[str]:
    """What is in the Nix store."""
    return {p.name for p in Path("/nix/store").iterdir()}
