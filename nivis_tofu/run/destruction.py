"""What a destroy takes, and the module and flags that it is planned with."""

from __future__ import annotations

from dataclasses import replace

from nivis_tofu.core.outcome import Preview
from nivis_tofu.ir.names import Names
from nivis_tofu.run import forecast, refusals
from nivis_tofu.run.decide import announce, exclude
from nivis_tofu.run.decide.held import cut, wanted_to_destroy
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.select import Going
from nivis_tofu.run.module import render
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.argv import PlanOptions


def going(session: Session, at: Position) -> Going:
    """What the user's selection leaves to be destroyed."""
    return session.options.selection.going(at.now.full, at.snapshot, at.names.ids)


def announced(at: Position, taken: Going) -> Preview:
    """What a destroy takes. Raises NivisError if something of it must not go."""
    full = at.now.full
    held = [r.id for r in full.managed if r.meta.prevent_destroy and r.address in taken.addresses]
    if held:
        raise refusals.prevented(*held)
    return announce.destruction(Names.of(full, at.snapshot, at.names.ids), at.snapshot, taken)


def prepared(session: Session, at: Position, taken: Going) -> PlanOptions:
    """Write the module that is needed to destroy; the flags of its plan."""
    whole = at.whole
    now = cut(whole)
    usable = set(whole.ir.providers) - now.pending_providers
    include = wanted_to_destroy(whole.ir) & now.include
    module = render(session, whole, include, providers=usable, frozen_references=True)
    session.workdir.write(replace(module, document=forecast.without_outputs(module.document)))
    return exclude.destruction(at, taken, session.options)
