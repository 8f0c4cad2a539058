"""Settling a phase: evaluate and plan until no consumed value is known to be stale (design, "One run")."""

from __future__ import annotations

from nivis_tofu.core.errors import EngineError, NivisError, NixError
from nivis_tofu.core.events import Stage
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.values import Ref
from nivis_tofu.run.decide import exclude, look
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.decide.look import News, distrusting
from nivis_tofu.run.decide.phase import Phase, decide
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.explain import waiting_error
from nivis_tofu.run.module import render
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.documents import PlanChange
from nivis_tofu.tofu.results import LockHeldError


def settle(session: Session, at: Position) -> tuple[Session, Phase]:
    """A phase that can be applied, and the session for it: its plan lies in the workspace's plan file. A position that
    is evaluated already is not evaluated again."""
    if at.stuck:
        at = at.with_(evaluation=None, stuck=False)
    decided: frozenset[Ref] = frozenset()
    failure: NivisError | None = None
    refused = ""
    """Digest of a module that the engine could not plan."""
    while True:
        if at.evaluation is None:
            try:
                session, at = session.evaluate(at)
            except NixError as error:
                if at.ledger.only is not None or not at.ledger.objects:
                    raise failure or error from None
                failure, decided, at = error, frozenset(), _anew(at, distrusting(at.ledger))
                continue
        phase = decide(at, failure=failure)
        taken = phase.cut
        if failure and refused == _digest(session, phase):
            raise failure
        try:
            phase = plan(session, phase)
        except LockHeldError:
            raise
        except EngineError as error:
            if session.back_to_phases(error):
                at = session.chosen(at)
                continue
            # What was computed from old values may be what cannot be read or is refused.
            if at.ledger.only is not None or not any(at.ledger.lookup(ref)[0] for ref in at.ir.consumed):
                raise
            refused = _digest(session, phase)
            failure, decided, at = error, frozenset(), _anew(at, distrusting(at.ledger))
            continue
        if _doubtful(session, phase):
            at = session.chosen(at)
            continue
        news = _look(session, phase, decided)
        fresh = _refreshed(session, phase)
        if not news and fresh is None:
            return session, phase
        decided |= news.unknown | news.planned.keys() | news.survived
        learnt = session.hiding(_anew(at, look.learn(at.ledger if fresh is None else fresh, news)))
        try:
            session, again = session.evaluate(learnt)
        except NixError:
            if learnt.ledger.only is None:
                at = learnt  # take the recovery path above
                continue
            raise
        unchanged = again.now.answer.mark == at.now.answer.mark and cut(again) == taken
        at = again
        if unchanged:
            return session, phase.with_(at=again)


def _anew(at: Position, ledger: Ledger) -> Position:
    """The position with another ledger, which Nix has not seen yet."""
    return at.with_(ledger=ledger, evaluation=None)


def _digest(session: Session, phase: Phase) -> str:
    return render(session, phase.at, phase.cut.include).digest


def plan(session: Session, phase: Phase) -> Phase:
    """Render what is not held and plan it, leaving alone what is excluded."""
    at, taken = phase.at, phase.cut
    session.build(at.ir, taken.include)
    module = render(session, at, taken.include, leaving=taken.first)
    session.workdir.write(module)
    session.emit(Stage("planning", at.phase))
    options = exclude.phase(at, taken, session.options, out=str(session.workdir.plan_file))
    return phase.with_(digest=module.digest).planned(*session.plan(at.ir, options))


def _doubtful(session: Session, phase: Phase) -> bool:
    """Does the plan replace something that values known before might have spared, and are they wanted?"""
    one_plan = session.one_plan
    if one_plan is None or one_plan.idle or not any(c.action == "replace" for c in phase.changes):
        return False
    shown, _ = session.tofu.show_plan(session.workdir.plan_file)
    return one_plan.doubt(phase.ir, shown.changes)


def _look(session: Session, phase: Phase, decided: frozenset[Ref]) -> News:
    """Compare consumed values with the plan; asks the engine only where the stream and the plan file do not do."""
    at, taken, made = phase.at, phase.cut, phase.plan
    assert made is not None
    touched = look.changed_consumed(at, taken, made, decided)
    recovering = at.ledger.only is not None
    if not (touched or made.drift or recovering or look.reads_data(at.ir, taken)):
        return News()
    changes: dict[str, PlanChange] = {}
    if touched:
        wanted = {at.ir.resources[r.resource].address for r in touched}
        shown, _ = session.tofu.show_plan(session.workdir.plan_file)
        changes = {c.address: c for c in shown.changes if c.address in wanted and not c.deposed}
        changes |= look.module_changes(shown.output_changes)
    return look.look(at, taken, decided, changes, session.workdir.state.refreshed(session.workdir.plan_file))


def _refreshed(session: Session, phase: Phase) -> Ledger | None:
    """The ledger with what the refresh of a plan found, where that differs."""
    assert phase.plan is not None
    if not (phase.plan.drift or look.reads_data(phase.ir, phase.cut)):
        return None
    return look.found_by_refresh(phase.at, session.workdir.state.refreshed(session.workdir.plan_file))


def no_progress(phase: Phase) -> NivisError:
    """The error that names the values that can never be known and what they wait for."""
    return phase.failure or waiting_error(phase.ir, phase.at.ledger, phase.cut)
