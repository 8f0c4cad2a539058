"""What a run is going to do and in how many phases, told to those who watch it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nivis_tofu.core.events import Outlook
from nivis_tofu.core.outcome import Preview
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.phases import phases
from nivis_tofu.ir.values import Ref

_ACTING = ("create", "update", "replace", "delete")


def from_nothing(ir: IR) -> Outlook:
    """A run on an empty state: everything is created."""
    when = phases(ir)
    ids = [r.id for r in ir.managed]
    return Outlook(dict.fromkeys(ids, "create"), max((when[i] for i in ids), default=0), bool(ir.groups))


def of(preview: Preview, ir: IR, costs: Callable[[Ref], bool]) -> Outlook:
    """A run whose plan is known; `costs`: whether a value is still to come."""
    when = phases(ir, costs)
    actions = {x.id: x.action for x in preview.lines if x.action in _ACTING}
    # What is imported is changed then, if its line says so.
    actions |= {x.id: "update" for x in preview.lines if x.action == "import" and x.note}
    return Outlook(actions, max((when.get(i, 1) for i in actions), default=0), bool(ir.groups))


def announced(actions: Iterable[tuple[str, str]], phases: int) -> Outlook:
    """What was announced, as pairs of id and action; `phases` 0 means unknown."""
    return Outlook({i: action for i, action in actions if action in _ACTING}, phases)
