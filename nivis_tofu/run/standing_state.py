"""The state of a stack that nothing is run for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from nivis_tofu.core.errors import ProjectLocked
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import ending, start
from nivis_tofu.run.session import Session
from nivis_tofu.system import project_lock
from nivis_tofu.tofu.raw_state import RawOutput

_PATIENCE, _PAUSE = 600, 1
"""Seconds; each of those before us starts an engine, and a run may have found out meanwhile."""


def outputs(session: Session) -> Mapping[str, RawOutput]:
    """The outputs in the state of a stack."""
    return ending.declared(session, snapshot(session))


def ledger(session: Session) -> Mapping[str, Any]:
    """The ledger document that the next run of a stack begins with; an empty one where its state is not at hand."""
    known = session.recalled()
    if known is None or not known.workdir.settled.backend.is_local:
        return empty_ledger(session)
    return known.read(known.workdir.state.snapshot()).ledger.document(1, session.options.variables)


def empty_ledger(session: Session) -> Mapping[str, Any]:
    """The ledger document of a run without a state."""
    return Ledger().document(1, session.options.variables)


def snapshot(session: Session) -> Snapshot:
    """The state of a stack; its backend is initialised if it has to be. Raises NivisError."""
    return _readable(session).workdir.state.snapshot()


def _readable(session: Session) -> Session:
    """The session that knows where the state is. Only one at a time finds out, and none while a run there does."""
    root, until = session.workdir.root, time.monotonic() + _PATIENCE
    while (known := session.recalled()) is None:
        late = time.monotonic() >= until
        try:
            with project_lock.run_lock(root, "nivis, to read the outputs", _PAUSE, check=_checked(session)):
                return session.recalled() or _found(session)
        except ProjectLocked:
            if late:
                raise
    return known


def _checked(session: Session) -> Callable[[], None]:
    stop = session.tofu.stop
    return stop.check if stop else lambda: None


def _found(session: Session) -> Session:
    session, at = start.evaluated(session, Snapshot())
    backend = session.workdir.place(at.ir)
    if backend.file is None:
        return start.prepare(session, at)
    return replace(session, workdir=session.workdir.having(backend=backend))
