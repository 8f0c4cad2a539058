"""What a run is going to do and in how many phases, told to those who watch it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from nivis_tofu.core.events import Outlook
from nivis_tofu.core.outcome import Preview
from nivis_tofu.ir.model import IR
from nivis_tofu.run.decide.schedule import Schedule

_ACTING = ("create", "update", "replace", "delete")


def from_nothing(schedule: Schedule) -> Outlook:
    """A run on an empty state: everything is created."""
    ir = schedule.at.ir
    ids = [r.id for r in ir.managed]
    turns = [schedule[r.address].phase for r in ir.managed] + [schedule[group.name].phase for group in ir.groups]
    return Outlook(dict.fromkeys(ids, "create"), max(turns, default=0), bool(ir.groups))


def of(preview: Preview, ir: IR) -> Outlook:
    """A run whose plan is known: in as many phases as the plan says."""
    actions = {x.id: x.action for x in preview.lines if x.action in _ACTING}
    # What is imported is changed then, if its line says so.
    actions |= {x.id: "update" for x in preview.lines if x.action == "import" and x.note}
    return Outlook(actions, len(preview.by_phase), bool(ir.groups))


def announced(actions: Iterable[tuple[str, str]], phases: int) -> Outlook:
    """What was announced, as pairs of id and action; `phases` 0 means unknown."""
    return Outlook({i: action for i, action in actions if action in _ACTING}, phases)
