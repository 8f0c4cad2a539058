"""The state of a stack that nothing is run for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import ending, start
from nivis_tofu.run.session import Session
from nivis_tofu.system import lock
from nivis_tofu.tofu.raw_state import RawOutput

_PATIENCE = 600
"""Seconds; each of those before us starts an engine."""


def outputs(session: Session) -> Mapping[str, RawOutput]:
    """The outputs in the state of a stack."""
    return ending.declared(session, snapshot(session))


def ledger(session: Session) -> Mapping[str, Any]:
    """The ledger document that the next run of a stack begins with; an empty one where its state is not at hand."""
    known, variables = session.recalled(), session.options.variables
    if known is None or not known.space.settled.backend.is_local:
        return Ledger().document(1, variables)
    return known.read(known.space.state.snapshot()).ledger.document(1, variables)


def snapshot(session: Session) -> Snapshot:
    """The state of a stack; its backend is initialised if it has to be. Those that read the same one take turns."""
    stop = session.tofu.stop
    with lock.held(session.space.root / "reading", _PATIENCE, check=stop.check if stop else lambda: None):
        return _snapshot(session)


def _snapshot(session: Session) -> Snapshot:
    known = session.recalled()
    if known is None:
        session, at = start.evaluated(session, Snapshot())
        backend = session.space.place(at.ir)
        if backend.file is None:
            known = start.prepare(session, at)
        else:
            known = replace(session, space=session.space.having(backend=backend))
    return known.space.state.snapshot()
