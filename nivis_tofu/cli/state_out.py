"""`-state-out`: a run that leaves the state file as it is, and works on a copy of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nivis_tofu.cli.common import Common, project_file
from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import state_file
from nivis_tofu.system.files import write_atomic


@contextlib.contextmanager
def copied_state(common: Common, target: Path | None) -> Iterator[Common]:
    """The options with a copy as the state; an unused copy is removed afterwards."""
    if target is None:
        yield common
        return
    source, copy = project_file(common, Path(common.state_file)), project_file(common, target)
    if copy.exists() and state_file.lineage(copy) != state_file.lineage(source):
        raise NivisError.of(
            "Another state is in the way",
            f"{target} is there, and it is not a state that {source.name} has become.",
            "Name another file, or move it away.",
        )
    there = copy.exists()
    if source.exists():
        write_atomic(copy, source.read_text(encoding="utf-8"))
    before = copy.read_bytes() if copy.exists() else b""
    try:
        yield replace(common, state=str(target))
    finally:
        if not there and copy.exists() and copy.read_bytes() == before:
            copy.unlink()
