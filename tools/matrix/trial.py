"""One row: a fresh clone in its place, then each make target, with a log file for each."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nivis_tofu.release.install import Cache
from nivis_tofu.release.install import install as put
from nivis_tofu.release.pinned import RELEASES, VERSION, Release, system
from tools import opentofu
from tools.matrix.places import AbsentError, Place, debian, here
from tools.matrix.rows import Made, Result, Row
from tools.steps import SetupError, output_of, say

LIMIT = 90 * 60
"""Seconds for one make target."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What all rows share: the repository to clone, directories for clones, logs and caches, the environment."""

    repository: Path
    scratch: Path
    logs: Path
    cache: Path
    env: Mapping[str, str]
    python: Path

    def result(self, row: Row) -> Result:
        scratch = self.scratch / row.name
        try:
            place = debian(row.suite, scratch, self.cache / "matrix") if row.suite else here(scratch)
            settings = self._settings(row, place)
        except (AbsentError, SetupError) as error:
            return Result(row, absent=str(error).splitlines()[0])
        self._clone(scratch)
        first = self._made(row, place, "setup", settings)
        found = found_by_setup(self._log(row, "setup").read_text(encoding="utf-8", errors="replace"))
        return self._rest(replace(found, row=row, made=[first]), place, settings)

    def _rest(self, result: Result, place: Place, settings: Mapping[str, str]) -> Result:
        if result.made[0].code:
            return result
        made = [self._made(result.row, place, target, settings) for target in result.row.targets]
        return replace(result, made=[*result.made, *made])

    def _settings(self, row: Row, place: Place) -> dict[str, str]:
        """Variables for `make`. Raises AbsentError or SetupError where a tool is not to be had."""
        settings = {"CI": "true"}
        if row.python:
            settings["PYTHON"] = _on_path(row.python, f"install it, or `uv python install {row.python[6:]}`", self.env)
        if row.engine == "terraform":
            settings["NIVIS_TOFU"] = _on_path("terraform", "install Terraform", self.env)
        elif row.engine:
            settings["NIVIS_TOFU"] = str(self._engine(row.engine))
        return settings

    def _engine(self, version: str) -> Path:
        place = Cache(self.cache / "matrix", self.env)
        release = Release(version, system(), "", RELEASES)

        def build(exe: Path) -> None:
            opentofu.build(exe, version, self.cache, self.env, self.python)

        return put(release, place, build)

    def _clone(self, scratch: Path) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "home/.cache/nivis").mkdir(parents=True)
        argv = ["git", "clone", "--quiet", "--no-hardlinks", str(self.repository), str(scratch / "nivis")]
        subprocess.run(argv, check=True)
        engine = self.cache / f"tofu-{VERSION}"
        if engine.is_dir():  # otherwise the row downloads or builds its own
            shutil.copytree(engine, scratch / "home/.cache/nivis" / engine.name)

    def _made(self, row: Row, place: Place, target: str, settings: Mapping[str, str]) -> Made:
        log = self._log(row, target)
        log.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with log.open("wb") as output:
            code = _run(place.command(target, settings), output.fileno())
        text = log.read_text(encoding="utf-8", errors="replace")
        made = Made(target, code, time.monotonic() - started, counts(text))
        say(
            f"{row.name}: {target} {'passed' if code == 0 else 'FAILED'} in {made.seconds:.0f} s {made.counts}".rstrip()
        )
        return made

    def _log(self, row: Row, target: str) -> Path:
        return self.logs / row.name / f"{target}.log"


def _run(argv: Sequence[str], output: int) -> int:
    """The exit code; that of `timeout` after `LIMIT`. Whatever ends this, nothing that was started goes on."""
    child = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        return child.wait(LIMIT)
    except subprocess.TimeoutExpired:
        return 124
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _on_path(name: str, hint: str, env: Mapping[str, str]) -> str:
    found = shutil.which(name, path=env.get("PATH"))
    if found is None:
        raise AbsentError(f"there is no `{name}` on PATH ({hint})")
    # pyenv and the like put a name on PATH for each version that they could switch to.
    if not output_of([found, "--version"], env):
        raise AbsentError(f"`{found}` does not run here ({hint}, or switch to it)")
    return found


def counts(log: str) -> str:
    """pytest's summary without its time; of several, added up. Empty where pytest did not run."""
    total: dict[str, int] = {}
    for line in re.findall(r"^(?:=+ )?(\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s", log, re.M):
        for number, word in re.findall(r"(\d+) ([a-z]+)", line):
            total[word] = total.get(word, 0) + int(number)
    shown = ("passed", "failed", "error", "errors", "skipped")
    return ", ".join(f"{total[word]} {word}" for word in shown if word in total)


def found_by_setup(log: str) -> Result:
    """The versions that `make setup` names."""
    python = re.search(r"^1\. Python packages: (?:installing into .* with Python )?([\d.]+\w*)", log, re.M)
    nix = re.search(r"^2\. Nix: nix \(.*?\) ([\d.]+\w*)", log, re.M)
    engine = re.search(r"^3\. Engine: (\w+) v([\d.]+\S*)", log, re.M)
    return Result(
        Row("", ""),
        python=python[1] if python else "",
        nix=nix[1] if nix else "",
        engine=f"{engine[1]} {engine[2]}" if engine else "",
    )
