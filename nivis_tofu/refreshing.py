"""`refresh`: bring the state up to what is real, and change nothing real.

What is not in this configuration, or cannot be rendered yet, is left alone: it keeps its state as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nivis_tofu import details, freezing, planner
from nivis_tofu.engine import Run
from nivis_tofu.events import Stage
from nivis_tofu.results import Attribute
from nivis_tofu.session import Session
from nivis_tofu.tofu.address import bare
from nivis_tofu.tofu.models import PlanChange


@dataclass(frozen=True)
class Refreshed:
    """Ids by what became of them. `gone`: no longer there, so also gone from the state."""

    seen: tuple[str, ...]
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[Attribute, ...]] = field(default_factory=dict)
    """By id what is different, if it was asked for."""

    @property
    def drifted(self) -> tuple[str, ...]:
        return tuple(sorted((*self.changed, *self.gone)))


def refresh(session: Session, *, write: bool = True, keep: bool = False) -> Refreshed:
    """Plan -refresh-only, look at what drifted, apply exactly that plan (`write` False: only look).

    `keep`: leave the plan in the workspace's plan file.
    """
    now, ledger, snapshot = Run(session).start()
    whole = planner.cut(now.ir, ledger, snapshot, kind=session.tofu.kind)
    cut = replace(whole, exclude=whole.exclude | whole.orphans)
    by_address = {r.address: r.id for r in now.ir.resources.values()}
    names = {o.address: i for i, o in ledger.objects.items()} | by_address
    joined = (now.ir.foreign_objects - cut.left_out) & snapshot.managed
    seen = sorted({*joined, *(i for i in cut.include if now.ir.resources[i].address in snapshot.managed)})
    alone = tuple(sorted(names.get(a, a) for a in cut.exclude))
    if not (seen or keep):
        return Refreshed((), left_alone=alone)
    session.space.write(session.render(now.ir, cut.include, ledger))
    session.emit(Stage("refreshing"))
    file = session.space.plan_file
    options = replace(freezing.phase(session, cut, now.ir, out=file), mode="refresh-only", refresh=True, replace=())
    try:
        plan = session.tofu.plan(options)
        drift: tuple[PlanChange, ...] = ()
        if plan.drift:
            drift = tuple(c for c in session.tofu.show_plan(file)[0].drift if is_drift(c))
        if write and (plan.drift or plan.outputs):
            session.tofu.apply(file, session.apply_options())
            session.ledger(session.space.snapshot(), now.ir)
    finally:
        if not keep:
            file.unlink(missing_ok=True)

    def ids(actions: tuple[str, ...]) -> tuple[str, ...]:
        hit = {c.address for c in drift if c.action in actions}
        return tuple(sorted(_name(a, names) for a in hit))

    told = {}
    if session.options.detail:
        told = {(i := _name(c.address, names)): details.drifted(session, now.ir, ledger, c, i) for c in drift}
    return Refreshed(tuple(seen), ids(("update", "replace", "create")), ids(("delete",)), alone, told)


def is_drift(change: PlanChange) -> bool:
    """Providers report null where they read an empty collection: that is no difference to anyone."""
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


def _name(address: str, names: Mapping[str, str]) -> str:
    base = bare(address)
    return names.get(base, base) + address.removeprefix(base)
