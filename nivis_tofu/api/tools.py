"""The programs that a run needs, found or missed all at once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from nivis_tofu.api.request import RunRequest
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.nix.tree import in_git
from nivis_tofu.system import locate, process
from nivis_tofu.system.locate import Engine


@immutable
class Tools:
    """The programs that a run needs. `absent`: the error if the engine is needed and missing."""

    engine: Engine
    absent: NivisError | None
    nix: Path


def engine_of(given: str | None, project: Path, env: Mapping[str, str]) -> Engine:
    """The engine to use; its `note` says if it is not the usual one. Raises NivisError."""
    return locate.find_engine(given, env, lambda argv: process.run(argv, cwd=project, env=env).stdout)


def find_git(env: Mapping[str, str]) -> Path:
    """git, for verbs that read revisions. Raises NivisError."""
    found = shutil.which("git", path=env.get("PATH"))
    if found is None:
        raise NivisError(locate.NO_GIT)
    return Path(found)


def found_tools(request: RunRequest, *, engine: bool) -> Tools:
    """The engine and Nix. Raises NivisError with all that is missing, so that it can be installed in one go."""
    project, env = request.project, request.env
    missing: list[Diagnostic] = []
    found, absent, nix = locate.Engine(Path("tofu"), "tofu", "PATH"), None, Path("nix")
    try:
        found = engine_of(request.tofu, project, env)
    except NivisError as error:
        absent = error
        missing += error.diagnostics if engine else ()
    try:
        nix = locate.find_nix(env)
    except NivisError as error:
        missing += error.diagnostics
    if in_git(project) and not shutil.which("git", path=env.get("PATH")):
        missing.append(locate.NO_GIT)
    if missing:
        raise NivisError(*missing)
    return Tools(found, absent, nix)
