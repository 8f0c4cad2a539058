"""Settling a phase: evaluate and plan until no consumed value is known to be stale (design, "One run")."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nivis_tofu.core.errors import EngineError, NivisError, NixError
from nivis_tofu.core.events import Stage
from nivis_tofu.core.json_text import same
from nivis_tofu.ir.ledger import Ledger, rekey
from nivis_tofu.ir.model import IR, Ref
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.render.module import Module
from nivis_tofu.run import exclude
from nivis_tofu.run.decide import planner
from nivis_tofu.run.decide.planner import Cut, News
from nivis_tofu.run.explain import waiting_error
from nivis_tofu.run.session import Evaluated, Session
from nivis_tofu.tofu.documents import PlanChange
from nivis_tofu.tofu.results import LockHeldError, PlanResult


@dataclass(frozen=True)
class Settled:
    """A phase that can be applied: the plan lies in the workspace's plan file."""

    now: Evaluated
    ledger: Ledger
    cut: Cut
    module: Module
    plan: PlanResult
    failure: NivisError | None = None
    """Nix, or the engine's plan, failed with the old values; the run goes on without them."""

    @property
    def ir(self) -> IR:
        return self.now.ir


def settle(session: Session, ledger: Ledger, snapshot: Snapshot, phase: int, now: Evaluated | None) -> Settled:
    """`now`: an evaluation with exactly this ledger, if there is one already."""
    decided: frozenset[Ref] = frozenset()
    failure: NivisError | None = None
    refused = ""
    """Digest of a module that the engine could not plan."""
    while True:
        if now is None:
            try:
                now = session.evaluate(ledger, phase)
            except NixError as error:
                if ledger.only is not None or not ledger.objects:
                    raise failure or error from None
                failure, decided, ledger = error, frozenset(), _distrusting(ledger)
                continue
        cut = planner.cut(now.ir, ledger, snapshot, kind=session.tofu.kind)
        if failure and refused == session.render(now.ir, cut.include, ledger).digest:
            raise failure
        try:
            settled = plan_phase(session, now, ledger, cut, phase, failure)
        except LockHeldError:
            raise
        except EngineError as error:
            # What was computed from old values may be what cannot be read or is refused.
            if ledger.only is not None or not any(ledger.lookup(ref)[0] for ref in now.ir.consumed):
                raise
            refused = session.render(now.ir, cut.include, ledger).digest
            failure, decided, ledger, now = error, frozenset(), _distrusting(ledger), None
            continue
        news = _look(session, settled, decided)
        fresh = _refreshed(session, settled)
        if not news and fresh is None:
            return settled
        decided |= news.unknown | news.planned.keys() | news.survived
        ledger = _learn(session, ledger if fresh is None else fresh, news)
        again: Evaluated | None
        try:
            again = session.evaluate(ledger, phase)
        except NixError:
            if ledger.only is None:
                now = None  # take the recovery path above
                continue
            raise
        unchanged = (
            again.document == now.document and planner.cut(again.ir, ledger, snapshot, kind=session.tofu.kind) == cut
        )
        now = again
        if unchanged:
            return replace(settled, now=now, ledger=ledger)


def _distrusting(ledger: Ledger) -> Ledger:
    """The old values are not good enough: trust nothing, let the plan of the rest say what survives."""
    return ledger.with_(only=frozenset(), unknown=frozenset(), planned={})


def plan_phase(
    session: Session, now: Evaluated, ledger: Ledger, cut: Cut, phase: int, failure: NivisError | None = None
) -> Settled:
    """Render what is not held and plan it, leaving alone what is excluded."""
    session.build(now.ir, cut.include)
    module = session.render(now.ir, cut.include, ledger, leaving=cut.first)
    session.space.write(module)
    session.emit(Stage("planning", phase))
    options = exclude.phase(session, cut, now.ir, out=session.space.plan_file)
    plan, more = exclude.plan(session, now.ir, options)
    if more:
        cut = replace(cut, exclude=cut.exclude | more, unselected=cut.unselected | more)
    return Settled(now, ledger, cut, module, plan, failure)


def _look(session: Session, settled: Settled, decided: frozenset[Ref]) -> News:
    """Compare consumed values with the plan; asks the engine only where the stream and the plan file do not do."""
    ir, ledger, now, plan = settled.ir, settled.ledger, settled.cut, settled.plan
    touched = planner.changed_consumed(ir, ledger, now, plan.changes, decided, plan.outputs)
    recovering = ledger.only is not None
    if not (touched or plan.drift or recovering or planner.reads_data(ir, now)):
        return News()
    changes: dict[str, PlanChange] = {}
    if touched:
        wanted = {ir.resources[r.resource].address for r in touched}
        shown, _ = session.tofu.show_plan(session.space.plan_file)
        changes = {c.address: c for c in shown.changes if c.address in wanted and not c.deposed}
        changes |= planner.module_changes(shown.output_changes)
    return planner.look(ir, ledger, now, decided, changes, session.space.refreshed(session.space.plan_file))


def _refreshed(session: Session, settled: Settled) -> Ledger | None:
    """The ledger with what the refresh found, where that differs: `outputs` is what is, not what was.

    What was deleted outside stays visible: a flake that reads `ledger.outputs` must not see it vanish.
    """
    if not (settled.plan.drift or planner.reads_data(settled.ir, settled.cut)):
        return None
    found = rekey(session.space.refreshed(session.space.plan_file).objects, settled.ir)
    objects = {**settled.ledger.objects, **found}
    before = settled.ledger.objects
    if all(i in before and same(dict(o.attributes), dict(before[i].attributes)) for i, o in objects.items()):
        return None
    session.redactor.add(Ledger(objects).secrets())
    return settled.ledger.with_(objects=objects)


def _learn(session: Session, ledger: Ledger, news: News) -> Ledger:
    planned = {i: dict(attributes) for i, attributes in ledger.planned.items()}
    for ref, value in news.planned.items():
        planned.setdefault(ref.resource, {})[str(ref.path[0])] = value
    learned = ledger.with_(
        unknown=ledger.unknown | news.unknown,
        planned=planned,
        only=None if ledger.only is None else ledger.only | news.survived,
        marks={**ledger.marks, **news.marks},
    )
    session.redactor.add(learned.secrets())
    return learned


def no_progress(settled: Settled) -> NivisError:
    """Something waits for ever: say which values, and for what."""
    return settled.failure or waiting_error(settled.ir, settled.ledger, settled.cut)
