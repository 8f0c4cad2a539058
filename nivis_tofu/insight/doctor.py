"""`doctor`: what nivis needs, what is there, and the command that mends what is not."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from nivis_tofu import __version__
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.nix import generated
from nivis_tofu.nix.tree import in_git, library_path
from nivis_tofu.project.provider_schemas import locked_version
from nivis_tofu.project.run_directory import LOCK_FILE
from nivis_tofu.system import locate, process
from nivis_tofu.tofu.env import engine_env

_NIX_PATH = regex(r"(?<![\w./])[.]{1,2}/[\w.+/-]*\w")
Verdict = Literal["ok", "warning", "missing"]


@immutable(slots=True)
class Finding:
    """One line of the report. `fix`: what to type, or to do, so that it becomes ok."""

    what: str
    verdict: Verdict
    found: str
    fix: str = ""


@immutable
class Patient:
    """The project and the environment that are looked at."""

    project: Path
    env: Mapping[str, str]
    tofu: str | None = None

    def run(self, argv: Sequence[str]) -> str:
        """The first line that a program prints, or ."""
        try:
            done = process.run(argv, cwd=self.project, env=engine_env(self.env), timeout=20)
        except NivisError:
            return ""
        return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def examine(patient: Patient) -> list[Finding]:
    """Every finding, tools first."""
    return [*_tools(patient), *_environment(patient), *_project(patient)]


def healthy(findings: Sequence[Finding]) -> bool:
    return not any(f.verdict == "missing" for f in findings)


def _tools(patient: Patient) -> Iterator[Finding]:
    yield Finding("nivis", "ok", f"{__version__} ({Path(__file__).parents[1]})")
    yield Finding("Python", "ok", f"{platform.python_version()} ({sys.executable})")
    yield _tool("Nix", lambda: _nix(patient))
    yield _tool("engine", lambda: _engine(patient))
    library = library_path()
    there = (library / "default.nix").is_file()
    yield Finding("Nix library", "ok" if there else "missing", str(library), "" if there else "install nivis again")
    git = shutil.which("git", path=patient.env.get("PATH"))
    if git:
        yield Finding("git", "ok", f"{patient.run([git, '--version'])} ({git})")
    elif in_git(patient.project):
        yield Finding("git", "missing", "this project is a git work tree", "apt-get install git")
    dot = shutil.which("dot", path=patient.env.get("PATH"))
    yield (
        Finding("Graphviz", "ok", dot)
        if dot
        else Finding(
            "Graphviz",
            "warning",
            "not installed; only `nivis graph --format svg|png` needs it",
            "apt-get install graphviz",
        )
    )


def _tool(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except NivisError as error:
        first = error.diagnostics[0]
        return Finding(what, "missing", first.detail or first.summary, first.hint)


def _nix(patient: Patient) -> Finding:
    exe = locate.find_nix(patient.env)
    said = patient.run([str(exe), "--version"])
    if not said:
        return Finding("Nix", "missing", f"{exe} does not run", locate.NIX_HINT)
    version = said.rsplit(" ", 1)[-1]
    parts = tuple(int(p) for p in version.split(".")[:2] if p.isdigit())
    if len(parts) == 2 and parts < (2, 8):
        return Finding("Nix", "missing", f"{version} ({exe}); nivis needs 2.8 or newer", locate.NIX_HINT)
    return Finding("Nix", "ok", f"{version} ({exe})")


def _engine(patient: Patient) -> Finding:
    engine = locate.find_engine(patient.tofu, patient.env, patient.run)
    said = patient.run([str(engine.exe), "version"])
    if not said:
        return Finding("engine", "missing", f"{engine.exe} does not run", locate.INSTALL_HINT)
    verdict: Verdict = "ok" if engine.kind == "tofu" else "warning"
    return Finding("engine", verdict, f"{said} ({engine.exe}, from {engine.source})", engine.note)


def _environment(patient: Patient) -> Iterator[Finding]:
    config = patient.env.get("TF_CLI_CONFIG_FILE")
    # /dev/null, which says that there is to be none, is no file and is read as an empty one.
    if config and (not Path(config).exists() or Path(config).is_dir()):
        yield Finding("TF_CLI_CONFIG_FILE", "warning", f"names {config}, which is no file", "unset TF_CLI_CONFIG_FILE")
    elif config:
        yield Finding("TF_CLI_CONFIG_FILE", "ok", config)
    for name in sorted(patient.env):
        if name.startswith("TF_CLI_ARGS"):
            yield Finding(name, "warning", "is set, and nivis does not pass it on", f"unset {name}")
    if workspace := patient.env.get("TF_WORKSPACE"):
        yield Finding("TF_WORKSPACE", "warning", f"chooses the workspace `{workspace}`", "unset TF_WORKSPACE")
    if "AWS_CA_BUNDLE" in patient.env and not patient.env["AWS_CA_BUNDLE"]:
        yield Finding("AWS_CA_BUNDLE", "warning", "is empty, which breaks TLS", "unset AWS_CA_BUNDLE")


def _untracked(patient: Patient, git: str) -> Iterator[Finding]:
    """Files that the flake names, or that look like a part of it, and that Nix does not see."""

    def listed(*flags: str) -> set[str]:
        done = process.run([git, "ls-files", "-z", *flags], cwd=patient.project, env=engine_env(patient.env))
        return {name for name in done.stdout.split("\0") if name} if done.returncode == 0 else set()

    tracked = {name for name in listed() if name.endswith(".nix") and (patient.project / name).is_file()}
    named = {target for name in tracked for target in _named_in(patient.project, name)}
    inside = tuple(f"{name}/" for name in named)
    for name in sorted(listed("--others", "--exclude-standard") | (listed("--others") & named)):
        used = name in named or name.startswith(inside)
        if used or name.endswith(".nix"):
            found = f"{name} is not known to git, so Nix cannot see it"
            yield Finding("flake", "missing" if used else "warning", found, f"git add {shlex.quote(name)}")


def _named_in(project: Path, name: str) -> Iterator[str]:
    """Paths below the project that a Nix file names, relative to the project."""
    text = (project / name).read_text(encoding="utf-8", errors="replace")
    for found in _NIX_PATH.findall(text):
        path = os.path.normpath(Path(name).parent / found)
        if not path.startswith("..") and path != ".":
            yield path


def _project(patient: Patient) -> Iterator[Finding]:
    project = patient.project
    if not (project / "flake.nix").is_file():
        yield Finding("flake", "missing", f"no flake.nix in {project}", "nivis init")
        return
    git = shutil.which("git", path=patient.env.get("PATH"))
    if in_git(project) and git:
        # No output and exit code 1: git does not track it, so Nix does not see it.
        if not patient.run([git, "-C", str(project), "ls-files", "flake.nix"]):
            yield Finding(
                "flake", "missing", "flake.nix is not known to git, so Nix cannot see it", "git add flake.nix"
            )
            return
        yield from _untracked(patient, git)
        tracked = patient.run([git, "-C", str(project), "ls-files", "nivis.state.json", ".nivis"])
        if tracked:
            yield Finding(
                "secrets", "warning", f"git tracks {tracked}, which may hold secrets", f"git rm -r --cached {tracked}"
            )
    yield Finding("flake", "ok", str(project / "flake.nix"))
    root = project / ".nivis"
    if root.is_dir():
        loose = root.stat().st_mode & 0o077
        writable = os.access(root, os.W_OK)
        if not writable:
            yield Finding("work directory", "missing", f"{root} is not writable", f"chown -R $(id -u) {root}")
        elif loose:
            yield Finding("work directory", "warning", f"{root} can be read by others", f"chmod 700 {root}")
        else:
            yield Finding("work directory", "ok", str(root))
    locked = (project / LOCK_FILE).is_file()
    yield Finding("provider locks", "ok", LOCK_FILE if locked else "none yet: the first run writes them")
    yield from _constructors(project)


def _constructors(project: Path) -> Iterator[Finding]:
    """Inputs that `gen` made, for another version of a provider than the one in use."""
    for made in generated.inputs(project):
        used = locked_version(project / LOCK_FILE, made.source)
        if used and used != made.version:
            found = f"of version {made.version}, while {used} of {made.source} is in use"
            yield Finding(f"constructors {made.name}", "warning", found, f"nivis gen {made.source}")
        else:
            yield Finding(f"constructors {made.name}", "ok", f"{made.source} {made.version}".rstrip())
