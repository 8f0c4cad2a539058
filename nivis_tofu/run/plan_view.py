"""A saved plan and its sidecar as what the views print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import Pattern, mask_paths
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.attributes import Reader
from nivis_tofu.ir.engine_name import module_of
from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.schema import Known
from nivis_tofu.run import sidecar
from nivis_tofu.run.decide import deposed
from nivis_tofu.run.decide.announce import NOT_DONE
from nivis_tofu.run.plan_details import reason
from nivis_tofu.run.session import Session
from nivis_tofu.run.sidecar import Sidecar
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.documents import PlanChange, PlanDocument


def extension(beside: Sidecar | None) -> dict[str, Any]:
    """What nivis adds to the engine's document; nothing for a plan without a sidecar."""
    return {"deferred_changes": list(beside.later) if beside else [], "complete": not beside or beside.whole}


@immutable(slots=True)
class PlanFile:
    """A plan file as it is: the engine's document, typed and raw, and what is beside it."""

    plan: PlanDocument
    raw: Mapping[str, Any]
    beside: Sidecar | None
    preview: Preview


def saved(session: Session, path: Path) -> PlanFile:
    """Read a plan file; costs one engine process. Raises NivisError where there is none, or its sidecar is damaged."""
    beside = sidecar.find(path)
    with session.in_one_plan() as session:
        if beside and beside.calls and session.one_plan:
            session.one_plan.answer_nothing()
        plan, raw = session.tofu.show_plan(path)
    return PlanFile(plan, raw, beside, preview(plan, session.workdir.remembered.ids(), beside))


def preview(plan: PlanDocument, known: Mapping[str, str], beside: Sidecar | None) -> Preview:
    """The lines of this plan, then what later phases are expected to do."""
    later = {str(x["resource_change"]["nivis_id"]): x for x in (beside.later if beside else ())}
    providers = {bare(c.address): c.provider for c in plan.changes}
    names = Names.complete(beside.ids if beside else {}, providers, known)
    aside = {c.address for c in plan.changes if c.deposed and c.action != "noop"}
    lines = [_line(c, names, old=c.address in aside) for c in plan.changes if not c.deposed]
    # What goes first and is made anew later is one replacement.
    lines = [x for x in lines if not (x.action == "delete" and x.id in later)]
    for item in later.values():
        change, phase = item["resource_change"], max(2, int(item.get("phase") or 2))
        waits = tuple(map(str, item.get("waits_for") or ()))
        actions = change["change"]["actions"]
        action = "replace" if len(actions) > 1 else "noop" if actions == ["no-op"] else str(actions[0])
        lines.append(
            Line(action, str(change["nivis_id"]), str(change["type"]), note="(later phase)", phase=phase, waits=waits)
        )
    changed = [(n, c.action) for n, c in plan.output_changes.items() if c.action != "noop"]
    outputs = tuple(item for item in changed if not module_of(item[0]))
    total = sum(1 for c in plan.changes if c.mode == "managed" and c.action != "delete")
    return Preview(tuple(lines), outputs, total, pending=bool(beside and not beside.whole))


def detailed(found: Preview, plan: PlanDocument, schemas: Known, redact: Callable[[str], str]) -> Preview:
    """The same with the changes of attributes and of output values."""
    changes = {change.address: change for change in plan.changes if not change.deposed}

    def line(x: Line) -> Line:
        change = changes.get(x.address)
        if change is None:
            return x
        read = replace(Reader.of(change, schemas), redact=redact)
        told = reason(x, [change], attributes := read.changes(change))
        return replace(x, attributes=attributes, reason=told, unchanged=read.unchanged(change))

    values = {name: Reader(redact=redact).value(change) for name, change in plan.output_changes.items()}
    return replace(found, lines=tuple(map(line, found.lines)), values=values)


def secrets(plan: PlanDocument) -> Iterator[str]:
    """Every text that the plan marks as sensitive anywhere, because providers repeat some unmarked."""
    marked = [(r.values, r.sensitive) for r in plan.prior_state.resources]
    marked += [(c.before, c.before_sensitive) for c in (*plan.changes, *plan.output_changes.values())]
    marked += [(c.after, c.after_sensitive) for c in (*plan.changes, *plan.output_changes.values())]
    objects = {str(n): Object("", "", {"value": v}, _below(mask)) for n, (v, mask) in enumerate(marked)}
    return Ledger(objects).secrets()


def _below(mask: Any) -> tuple[Pattern, ...]:
    return tuple(("value", *path) for path in mask_paths(mask))


def _line(change: PlanChange, names: Names, *, old: bool) -> Line:
    """`old`: the resource has an object beside this one, which goes."""
    action = "unknown" if change.action in ("unknown", "open") else change.action
    if change.action == "noop" and change.importing:
        action = "import"
    elif change.action == "noop" and change.previous_address:
        action = "move"
    if old:
        # Where a replacement broke off, only the object is left that it had put aside.
        action = "replace" if action == "create" else "update" if action == "noop" else action
    return Line(
        action,
        names.id_of(change.address),
        change.type,
        note=deposed.REMOVED if old else "",
        previous=names.id_of(change.previous_address) if change.previous_address else "",
        address=change.address,
        phase=0 if action in NOT_DONE else 1,
    )
