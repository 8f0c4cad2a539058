"""A saved plan and its sidecar as what the views print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.ledger import guess_id
from nivis_tofu.ir.snapshot import module_of
from nivis_tofu.run.sidecar import Sidecar
from nivis_tofu.tofu.address import bare
from nivis_tofu.tofu.documents import Plan, PlanChange


def extension(beside: Sidecar | None) -> dict[str, Any]:
    """What nivis adds to the engine's document: a plan without a sidecar is the whole of it."""
    return {"deferred_changes": list(beside.later) if beside else [], "complete": not beside or beside.whole}


def preview(plan: Plan, known: Mapping[str, str], beside: Sidecar | None) -> Preview:
    """The lines of this plan, then what later phases are expected to do."""
    lines = [_line(c, known) for c in plan.changes if not c.deposed]
    for item in beside.later if beside else ():
        change = item["resource_change"]
        actions = change["change"]["actions"]
        action = "replace" if len(actions) > 1 else "noop" if actions == ["no-op"] else str(actions[0])
        lines.append(Line(action, str(change["nivis_id"]), str(change["type"]), note="(later phase)"))
    changed = [(n, c.action) for n, c in plan.output_changes.items() if c.action != "noop"]
    outputs = tuple(item for item in changed if not module_of(item[0]))
    total = sum(1 for c in plan.changes if c.mode == "managed" and c.action != "delete")
    return Preview(tuple(lines), outputs, total, pending=bool(beside and not beside.whole))


def _line(change: PlanChange, known: Mapping[str, str]) -> Line:
    base = bare(change.address)
    name = known.get(base) or guess_id(base, change.provider)
    action = "unknown" if change.action in ("unknown", "open") else change.action
    if change.action == "noop" and change.importing:
        action = "import"
    elif change.action == "noop" and change.previous_address:
        action = "move"
    return Line(action, name + change.address.removeprefix(base), change.type, previous=change.previous_address)
