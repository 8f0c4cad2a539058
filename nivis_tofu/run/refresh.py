"""`refresh`: bring the state up to what is real, and change nothing real.

What is not in this configuration, or cannot be rendered yet, is left alone: it keeps its state as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.events import Stage
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Attribute
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import plan_details, refusals
from nivis_tofu.run.decide import exclude
from nivis_tofu.run.decide.held import cut, managed
from nivis_tofu.run.decide.look import distrusting
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.loop import Run
from nivis_tofu.run.module import write_next
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.documents import PlanChange
from nivis_tofu.tofu.results import ApplyFailed, LockHeldError

Approve = Callable[[Session, Sequence[str]], bool]


@immutable
class Refreshed:
    """Ids by result. `gone`: no longer there, and removed from the state."""

    seen: tuple[str, ...]
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[Attribute, ...]] = field(default_factory=dict)
    """By id what is different, if it was asked for."""
    snapshot: Snapshot = field(default_factory=Snapshot)
    """The state after it."""

    @property
    def drifted(self) -> tuple[str, ...]:
        return tuple(sorted((*self.changed, *self.gone)))


def refresh(
    session: Session,
    *,
    write: bool = True,
    keep: bool = False,
    approve: Approve = lambda *_: True,
) -> Refreshed:
    """Plan -refresh-only, look at what drifted, apply exactly that plan (`write` False: only look).

    `keep`: the plan is wanted, whatever there is to see. `approve` is asked about the ids of what drifted.
    """
    run = Run(session)
    at = run.start()
    return refreshed(run.session, at, write=write, keep=keep, approve=approve)


def refreshed(
    session: Session,
    at: Position,
    *,
    write: bool = True,
    keep: bool = False,
    approve: Approve = lambda *_: True,
) -> Refreshed:
    """The same for a run that has started."""
    try:
        return _refresh(session, at, write=write, keep=keep, approve=approve)
    except (LockHeldError, ApplyFailed):
        raise
    except EngineError:
        if not any(at.ledger.lookup(ref)[0] for ref in at.ir.consumed):
            raise
        # What was computed from old values may be what cannot be read: it is left alone.
        session, at = session.evaluate(at.with_(ledger=distrusting(at.ledger)))
        return _refresh(session, at, write=write, keep=keep, approve=approve)


def _refresh(
    session: Session,
    at: Position,
    *,
    write: bool,
    keep: bool,
    approve: Approve,
) -> Refreshed:
    ir, taken = at.ir, cut(at)
    taken = replace(taken, exclude=taken.exclude | taken.orphans)
    name = at.names.id_of
    there = managed(ir, at.snapshot)
    held = {ir.resources[i].address for i in taken.held}
    seen = sorted(name(a) for a in there - held if a in at.snapshot.managed or a not in ir.by_address)
    alone = tuple(sorted(map(name, taken.exclude)))
    if not (seen or keep):
        return Refreshed((), left_alone=alone, snapshot=at.snapshot)
    write_next(session, at)
    session.emit(Stage("refreshing"))
    file = session.workdir.plan_file
    options = exclude.phase(at, taken, session.options, out=str(file))
    options = replace(options, mode="refresh-only", refresh=True, replace=())
    after = at
    plan = session.tofu.plan(options)
    drift: tuple[PlanChange, ...] = ()
    if plan.drift:
        drift = tuple(c for c in session.tofu.show_plan(file)[0].drift if is_drift(c))
    if write and (plan.drift or plan.outputs):
        drifted = [name(c.address) for c in drift] + [f"output.{name}" for name in plan.outputs]
        if drifted and not approve(session, sorted(drifted)):
            raise refusals.declined()
        session.tofu.apply(file, session.apply_options(first=True))
        after = session.read(session.workdir.state.snapshot(), ir)
        session.record(after.with_(evaluation=at.evaluation))

    def ids(actions: tuple[str, ...]) -> tuple[str, ...]:
        hit = {c.address for c in drift if c.action in actions}
        return tuple(sorted(map(name, hit)))

    told = {}
    if session.detail:
        told = {(i := name(c.address)): plan_details.drifted(session, at, c, i) for c in drift}
    return Refreshed(tuple(seen), ids(("update", "replace", "create")), ids(("delete",)), alone, told, after.snapshot)


def is_drift(change: PlanChange) -> bool:
    """Whether the change is real drift; providers report null for empty collections, which is none."""
    return change.action != "noop" and _solid(change.before) != _solid(change.after)


def _solid(value: Any) -> Any:
    """The value without null and empty collections in it."""
    match value:
        case Mapping():
            kept = {k: _solid(v) for k, v in value.items()}
            return {k: v for k, v in kept.items() if v is not None} or None
        case list():
            return [_solid(v) for v in value] or None
        case _:
            return value
