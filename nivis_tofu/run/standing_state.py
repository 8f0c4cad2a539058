"""The state of a stack that nothing is run for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import ending, start
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.raw_state import RawOutput


def outputs(session: Session) -> Mapping[str, RawOutput]:
    """The outputs in the state of a stack."""
    return ending.declared(session, snapshot(session))


def ledger(session: Session) -> Mapping[str, Any]:
    """The ledger document that the next run of a stack begins with; an empty one where its state is not at hand."""
    space, variables = session.space, session.options.variables
    if not (space.is_ready and space.place_in_use.is_local):
        return Ledger().document(1, variables)
    return session.read(space.snapshot()).ledger.document(1, variables)


def snapshot(session: Session) -> Snapshot:
    """The state of a stack; its backend is initialised if it has to be."""
    space = session.space
    if not space.is_ready:
        at = start.evaluated(session, Snapshot())
        if space.place(at.ir).file is None:
            start.prepare(session, at)
        else:
            space.take_place(at.ir)
    return space.snapshot()
