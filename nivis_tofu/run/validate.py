"""What can be told without touching anything real."""

from __future__ import annotations

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.run.decide import planner
from nivis_tofu.run.session import Session


def validate(session: Session) -> tuple[Diagnostic, ...]:
    """Evaluate, decode, check for cycles, render and let the engine validate; returns warnings."""
    now, ledger, snapshot = session.start()
    session.check(now.ir)
    cut = planner.cut(now.ir, ledger, snapshot, kind=session.tofu.kind)
    session.space.write(session.render(now.ir, cut.include, ledger))
    return session.tofu.validate()
