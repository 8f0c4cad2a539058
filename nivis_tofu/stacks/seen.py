"""Stacks of which this machine has something: a state, variables, notes. The flake may have them no more."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import of_stack
from nivis_tofu.ir.model import IR
from nivis_tofu.project import backends
from nivis_tofu.project.backends import Memory
from nivis_tofu.project.memory import Remembered
from nivis_tofu.project.state_file import has_resources


def seen(project: Path, root: Path) -> list[str]:
    """Their names. `root`: the project's `.nivis/`."""
    files = (path.name.split(".") for path in project.glob("nivis.*"))
    named = {parts[2] if parts[1] == "auto" and len(parts) > 3 else parts[1] for parts in files if len(parts) > 2}
    below = {path.name for path in (root / "stacks").glob("*")}
    return sorted(name for name in named | below if _possible(name))


def undeclared(project: Path, root: Path, names: Collection[str], irs: Iterable[IR]) -> dict[str, str]:
    """Stacks that are none of these and have resources -> where their states are."""
    used = {backends.declared(ir.backend, project).name for ir in irs if ir.backend}
    found = {name: where for name in seen(project, root) if name not in names for where in _states(project, root, name)}
    return {name: where for name, where in found.items() if where not in used}


def warning(found: Mapping[str, str]) -> Diagnostic:
    """What is told of these."""
    rows = "; ".join(f"`{name}`: {where}" for name, where in found.items())
    return Diagnostic(
        "States of stacks that the flake does not have",
        f"{rows}. Nothing plans, changes or destroys what is in them.",
        "Put a stack back, and destroy it before you take it away. If it has another name now: a local state is "
        "`nivis.NAME.state.json`, so give the file the new name; a backend goes on where it was.",
        severity="warning",
    )


def _states(project: Path, root: Path, name: str) -> Iterator[str]:
    """Where it has a state with something in it."""
    workdir = of_stack(name)
    now = Memory.read(root / workdir.work / "backend.json").now
    place = backends.recall(now, project) if now else backends.default(project / workdir.state, project)
    files = {project / workdir.state, *([place.file] if place.file else [])}
    yield from (f"the local file {os.path.relpath(file, project)}" for file in sorted(files) if has_resources(file))
    if not place.file and Remembered(root / workdir.work).ids():
        yield place.name


def _possible(name: str) -> bool:
    try:
        of_stack(name)
    except NivisError:
        return False
    return True
