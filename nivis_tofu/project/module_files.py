"""A rendered module and what stands beside it, written below `.nivis/` where the engine reads it."""

from __future__ import annotations

import os
from pathlib import Path

from nivis_tofu.project import links, run_directory
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.run_directory import GIVEN_FILE, GUARD_FILE, LOCK_FILE, SECRETS_FILE
from nivis_tofu.project.settled import Settled
from nivis_tofu.render.module import Module, file_pieces, file_text
from nivis_tofu.system import notes


def write(module: Module, target: Path, at: Directories, settled: Settled) -> None:
    """Put a module into a directory; files that did not change are not touched."""
    notes.write_pieces(target / links.MAIN, file_pieces(run_directory.guarded(module.document)))
    texts = {
        GUARD_FILE: run_directory.guard_values(),
        SECRETS_FILE: module.secrets_text,
        GIVEN_FILE: file_text(module.given) if module.given else "",
        links.OVERRIDE: file_text(module.override) if module.override else "",
    }
    for name, text in texts.items():
        if text:
            notes.write(target / name, text)
        else:
            notes.clear(target / name)
    _link(module, target, at, settled)


def _link(module: Module, target: Path, at: Directories, settled: Settled) -> None:
    """The rest of a directory in which stock OpenTofu reads the state: data, lock file, what the user has."""
    run = settled.run
    links.point(target / ".terraform", at.data)
    if run.lock is None:
        links.point(target / LOCK_FILE, run.lock_file)
    else:
        notes.write(target / LOCK_FILE, run.lock)
    if settled.joined:
        settled.joined.put(target, module.left_out, module.absent, *_state_entries(settled))
        return
    found = [p for p in links.entries(at.project) if not p.name.endswith(links.SUFFIXES)]
    links.link_all(target, {p.name: p for p in (*found, *_state_entries(settled))})


def _state_entries(settled: Settled) -> list[Path]:
    """Entries of the run directory through which a local state is found, unless it is found from `.nivis/` too."""
    run = settled.run
    if not settled.backend.file or run.linked:
        return []
    places = [Path(str(value)) for value in settled.backend.arguments(run.path).values()]
    return [run.path / p.parts[0] for p in places if p.parts[0] != ".." and not p.is_absolute()]


def module_source(source: str, project: Path, target: Path) -> str:
    """The source of a module call: a path is relative to the project for the user, to the target for the engine."""
    if not source.startswith(("./", "../")):
        return source
    found = os.path.relpath(project / source, target)
    return found if found.startswith("../") else f"./{found}"  # without it the engine takes it for a registry's
