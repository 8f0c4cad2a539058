"""What can be told without touching anything real."""

from __future__ import annotations

from nivis_tofu import lint, planner
from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import IRError
from nivis_tofu.ir import IR
from nivis_tofu.providers import full_source
from nivis_tofu.schema import BlockSchema, Kind
from nivis_tofu.session import Session


def validate(session: Session) -> tuple[Diagnostic, ...]:
    """Evaluate, decode, check for cycles, render and let the engine validate; returns warnings."""
    now, ledger, snapshot = session.start()
    arguments(session, now.ir)
    cut = planner.cut(now.ir, ledger, snapshot, kind=session.tofu.kind)
    session.space.write(session.render(now.ir, cut.include, ledger))
    return session.tofu.validate()


def arguments(session: Session, ir: IR) -> None:
    """Refuse arguments and references that the cached schemas rule out, all at once."""

    def lookup(key: str, kind: Kind, name: str) -> BlockSchema | None:
        source = full_source(ir.providers[key].source, session.tofu.kind)
        return session.space.schemas.block(source, kind, name)

    if problems := lint.check(ir, lookup):
        raise IRError(*problems)
