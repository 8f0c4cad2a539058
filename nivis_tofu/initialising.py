"""`init` where there is a flake: what `tofu init` does, for what the flake declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from nivis_tofu import lockfile as locks
from nivis_tofu.errors import EngineError, NivisError
from nivis_tofu.providers import BUILTIN, full_source
from nivis_tofu.session import Session
from nivis_tofu.state import Snapshot
from nivis_tofu.tofu.argv import BackendChange, InitOptions, Lockfile, Locking
from nivis_tofu.workspace import LOCK_FILE


@dataclass(frozen=True)
class Initialised:
    backend: str
    providers: tuple[tuple[str, str], ...]
    """Source and version."""


def options(
    upgrade: bool, change: str, backend_config: Sequence[str], lockfile: str, locking: Locking, project: Path
) -> InitOptions:
    """Checked options; a file named by -backend-config is relative to the project, not to the working directory."""
    if lockfile not in ("", "readonly"):
        raise NivisError.of("Unknown --lockfile", f"`--lockfile {lockfile}`: only `readonly` is known.")
    files = tuple(item if "=" in item else str((project / item).resolve()) for item in backend_config)
    return InitOptions(
        upgrade=upgrade,
        backend_change=cast(BackendChange, change),
        backend_config=files,
        lockfile=cast(Lockfile, lockfile),
        locking=locking,
    )


def initialise(session: Session, options: InitOptions) -> Initialised:
    """Evaluate, then `init` with the user's options whether it is needed or not."""
    session.nix.lock(lambda _: None)
    try:
        snapshot = session.space.snapshot() if session.space.is_ready else Snapshot()
    except EngineError:
        # A backend that is to be changed cannot be read yet: that is what init is for.
        snapshot = Snapshot()
    ir = session.evaluate(session.ledger(snapshot, None), 1).ir
    session.prepare(ir, options)
    locked = locks.read(session.space.project / LOCK_FILE)
    sources = sorted({full_source(p.source, session.tofu.kind) for p in ir.providers.values()} - {BUILTIN})
    found = tuple((s, locked[s].version if s in locked else "") for s in sources)
    return Initialised(str(session.space.backend(ir)["type"]), found)
