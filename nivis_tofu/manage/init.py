"""`init` where there is a flake: what `tofu init` does, for what the flake declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.hcl import lockfile as locks
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.manage import migrate as migration
from nivis_tofu.manage.migrate import Migrated
from nivis_tofu.project import legacy
from nivis_tofu.run import refresh, refusals
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import evaluated, left_behind, prepare, refuse_other
from nivis_tofu.tofu.argv import BackendChange, InitOptions, Lockfile, Locking


@immutable
class Initialised:
    backend: str
    providers: tuple[tuple[str, str], ...]
    """Source and version."""


def options(
    upgrade: bool, change: str, lockfile: str, locking: Locking, plugin_dirs: tuple[str, ...] = ()
) -> InitOptions:
    """Checked options."""
    if lockfile not in ("", "readonly"):
        raise NivisError.of("Unknown --lockfile", f"`--lockfile {lockfile}`: only `readonly` is known.")
    return InitOptions(
        upgrade=upgrade,
        backend_change=cast(BackendChange, change),
        lockfile=cast(Lockfile, lockfile),
        plugin_dirs=plugin_dirs,
        locking=locking,
    )


def migrate(session: Session, file: Path | None = None, *, keep: bool = False) -> Migrated:
    """Initialise what the flake declares, then move the state there; one of the older nivis is taken over."""
    given = file or session.workdir.state_file
    if given.is_file() and legacy.read(given.read_text(encoding="utf-8", errors="replace")):
        done = migration.take_over(session, given, lambda: _prepared(session))
        try:
            # It knew neither all attributes nor the outputs.
            refresh.refresh(session)
        except NivisError as error:
            told = Diagnostic(
                "The state was taken over",
                "Comparing it with the real objects failed.",
                "Fix that, then run `nivis refresh`.",
                severity="warning",
            )
            raise error.with_(*error.diagnostics, told) from error
        return done
    return migration.migrate(*_prepared(session), file, keep=keep)


def initialise(
    session: Session, options: InitOptions, copies: Callable[[str, str], bool] = lambda *_: False
) -> Initialised:
    """Evaluate, then `init` with the user's options whether it is needed or not.

    `copies` is asked, with two places, whether a state that is in use without any declaration is copied to the backend
    that is declared now, as OpenTofu asks even where the old backend is to be forgotten.
    """
    session, at, had_state = _evaluated(session)
    ir = at.ir
    declared = session.workdir.place(ir)
    left = session.workdir.state.undeclared(declared) if options.backend_change == "reconfigure" else None
    if left and copies(left.name, declared.name):
        options = replace(options, backend_change="migrate")
    session = prepare(session, at, options, had_state=had_state)
    if options.backend_change == "migrate":
        migration.migrate(session, ir)
    elif left := left_behind(session, session.workdir.state.snapshot()):
        raise refusals.left_behind(left.name, declared.name)
    locked = locks.read(session.workdir.settled.run.lock_file)
    sources = sorted({full_source(p.source, session.tofu.kind) for p in ir.providers.values()} - {BUILTIN})
    found = tuple((s, locked[s].version if s in locked else "") for s in sources)
    return Initialised(declared.type, found)


def _prepared(session: Session) -> tuple[Session, IR]:
    """Evaluate and run `init`; whether a state would be left behind is the caller's business."""
    session, at, had_state = _evaluated(session)
    return prepare(session, at, had_state=had_state), at.ir


def _evaluated(session: Session) -> tuple[Session, Position, bool]:
    """The evaluation before an `init`; was there a state where the last one pointed to?"""
    known = session.recalled()
    try:
        snapshot = known.workdir.state.snapshot() if known else Snapshot()
        had_state = bool(snapshot.addresses)
    except EngineError:
        # A backend that is to be changed cannot be read yet: that is what init is for.
        snapshot, had_state = Snapshot(), session.workdir.state.may_have_state()
    session, at = evaluated(known or session, snapshot)
    if session.workdir.state.name_in(session.workdir.place(at.ir)) == session.workdir.state.name:
        refuse_other(session, snapshot)
    return session, at, had_state
