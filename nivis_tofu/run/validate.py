"""What can be told without touching anything real."""

from __future__ import annotations

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.run.module import write_next
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start


def validate(session: Session) -> tuple[Diagnostic, ...]:
    """Evaluate, decode, check for cycles, render and let the engine validate; returns warnings."""
    session, at = start(session)
    session.check(at.ir)
    write_next(session, at)
    return (*session.warnings(at.ir), *session.tofu.validate())
