"""What a run is going to do over all its phases, told before it does anything.

Where nothing in the state has to wait, the phase's own plan tells it all: what is held is created later.
Else one preview plan of the whole IR is made (preview.py), and the engine's actions in it are the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nivis_tofu.core.events import Outlook, Stage
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.ledger import Ledger, guess_id
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.snapshot import Snapshot, owner
from nivis_tofu.render.preview import PreviewWriter, deferred
from nivis_tofu.run import asking, exclude, plan_details
from nivis_tofu.run.decide import outlook as expected
from nivis_tofu.run.decide import planner
from nivis_tofu.run.decide.announce import Teller
from nivis_tofu.run.decide.planner import Announced, Cut
from nivis_tofu.run.decide.select import Going
from nivis_tofu.run.session import Evaluated, Session
from nivis_tofu.run.settle import Settled
from nivis_tofu.tofu.address import bare
from nivis_tofu.tofu.documents import Plan
from nivis_tofu.tofu.results import PlanResult


@dataclass(frozen=True)
class Forecast:
    """The announcement, and `first`: frozen ids whose old object must go before their upstream does."""

    preview: Preview
    announced: Announced
    first: frozenset[str] = frozenset()


def of(session: Session, settled: Settled, snapshot: Snapshot) -> Forecast:
    """The forecast of a settled phase; costs one more plan only if something in the state is held."""
    detail = session.options.detail
    if not (settled.cut.frozen or settled.cut.left_out or (detail and settled.cut.held)):
        told = _tell(session, settled.ir, settled.ledger, snapshot, settled.cut, settled.plan, None, {})
        return _detailed(session, told, settled.ir, settled.ledger, settled.cut, phase=True, later=False)
    seen, reasons = _preview_plan(session, settled.now, settled.ledger, snapshot, settled.cut)
    told = _tell(session, settled.ir, settled.ledger, snapshot, settled.cut, settled.plan, seen, reasons)
    told = _detailed(session, told, settled.ir, settled.ledger, settled.cut, phase=True, later=True)
    gone = {bare(c.addr) for c in settled.plan.changes if c.action in planner.DESTRUCTIVE}
    destroyed = {bare(c.addr) for c in seen.changes if c.action in planner.DESTRUCTIVE}
    above = planner.upstream(settled.ir, snapshot, settled.cut.frozen)
    late = planner.creates_first(settled.ir, snapshot)
    first = {
        i
        for i in settled.cut.frozen
        if settled.ir.resources[i].address in destroyed
        # The engine would see a cycle: what is created before it is destroyed never goes first.
        and i not in late
        and planner.stored_address(settled.ir, snapshot, settled.ir.resources[i].address) not in snapshot.creates_first
        and above[i] & gone
    }
    return Forecast(told.preview, told.announced, frozenset(first))


def outlook(settled: Settled, preview: Preview) -> Outlook:
    """What those who watch the run are told of it."""
    held, ledger = settled.cut.held, settled.ledger
    return expected.of(preview, settled.ir, lambda ref: ref.resource in held or not ledger.knows(ref))


def ahead(session: Session, now: Evaluated, ledger: Ledger, snapshot: Snapshot, cut: Cut) -> Forecast:
    """The forecast for an empty state: the preview is the only plan that is needed."""
    seen, reasons = _preview_plan(session, now, ledger, snapshot, cut)
    told = _tell(session, now.ir, ledger, snapshot, cut, None, seen, reasons)
    return _detailed(session, told, now.ir, ledger, cut, phase=False, later=True)


def _detailed(
    session: Session, told: Forecast, ir: IR, ledger: Ledger, cut: Cut, *, phase: bool, later: bool
) -> Forecast:
    """The forecast with attributes, if they are wanted, or somebody is asked about what goes.

    One `show` for each plan there is.
    """
    if not (session.options.detail or (asking.explains(session) and told.preview.destructive)):
        session.space.preview_file.unlink(missing_ok=True)
        return told
    now = session.tofu.show_plan(session.space.plan_file)[0] if phase else None
    seen: Plan | None = None
    if later:
        file = session.space.preview_file
        with session.in_preview() as tofu:
            seen = tofu.show_plan(file)[0]
        file.unlink()
    return replace(told, preview=plan_details.add(session, told.preview, ir, ledger, cut, now, seen))


def destruction(ir: IR, snapshot: Snapshot, going: Going) -> Preview:
    """What goes in a destroy."""
    known = ir.by_address
    parts = going.instances(snapshot)
    lines = []
    for address in sorted(snapshot.managed & going.addresses):
        if address in ir.foreign:
            name = address
        else:
            name = known[address].id if address in known else guess_id(address, snapshot.providers.get(address, ""))
        for instance in parts.get(address, [address]):
            kind, shown = address.split(".")[0], name + instance.removeprefix(address)
            lines.append(Line("delete", shown, kind, address=instance))
    return Preview(tuple(lines), total=len(lines))


def is_entire(preview: Preview, snapshot: Snapshot) -> bool:
    """Does it destroy every managed object that the state has?"""
    gone = {line.address for line in preview.lines if line.action == "delete"}
    managed = [i for i in snapshot.instances if i.mode == "managed"]
    return bool(managed) and all(i.address in gone or owner(i) in gone for i in managed)


def later(settled: Settled, preview: Preview, kind: str) -> tuple[dict[str, Any], ...]:
    """What waits for a later phase, as `deferred_changes` tells it."""
    from nivis_tofu.run.sidecar import deferred_change  # slow to load, and only saved plans have a sidecar

    ir, found = settled.ir, []
    actions = {line.id: line.action for line in preview.lines}
    for i in sorted(settled.cut.held):
        resource = ir.resources[i]
        if resource.mode != "managed":
            continue
        if resource.provider in settled.cut.waiting:
            reason = "provider_config_unknown"
        else:
            reason = "resource_config_unknown" if resource.pending else "deferred_prereq"
        source = full_source(ir.providers[resource.provider].source, kind)
        line = {"id": i, "action": actions.get(i, "unknown")}
        found.append(deferred_change(line, resource.address, source, reason))
    for group in ir.groups:
        found.append(deferred_change({"id": group.name, "action": "unknown"}, "", "", "instance_count_unknown"))
    return tuple(found)


def without_outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    """A module for a destroy: its providers, and the resources whose blocks say what to do then."""
    kept = ("terraform", "provider", "variable", "resource", "data", "module", "locals")
    return {k: v for k, v in document.items() if k in kept}


def _preview_plan(
    session: Session, now: Evaluated, ledger: Ledger, snapshot: Snapshot, cut: Cut
) -> tuple[PlanResult, dict[str, str]]:
    ir = now.ir
    reasons = deferred(ir, cut.waiting, cut.held, lambda r: session.space.schema(ir, r))
    writer = PreviewWriter(ir, ledger, stale=cut.held, absent=frozenset(reasons))
    include = ir.resources.keys() - reasons.keys()
    module = session.render(ir, include, ledger, preview=writer, providers=set(ir.providers) - cut.waiting)
    session.space.write(module, preview=True)
    session.emit(Stage("previewing later phases"))
    places = {planner.stored_address(ir, snapshot, ir.resources[i].address) for i in reasons}
    kept = places & snapshot.addresses
    # What the phase protects although it is no longer in the IR stays protected here too.
    kept |= (cut.exclude & cut.orphans) - cut.needed
    kept |= (module.left_out & snapshot.addresses) | cut.unselected
    options = exclude.preview(session, cut, ir, include, kept)
    if session.options.detail or asking.explains(session):
        options = replace(options, out=str(session.space.preview_file))
    with session.in_preview():
        return exclude.plan(session, ir, options)[0], reasons


def _tell(
    session: Session,
    ir: IR,
    ledger: Ledger,
    snapshot: Snapshot,
    cut: Cut,
    plan: PlanResult | None,
    seen: PlanResult | None,
    reasons: Mapping[str, str],
) -> Forecast:
    teller = Teller(ir, ledger, snapshot, cut, plan, seen, reasons, session.space.remembered.ids())
    return Forecast(*teller.told())
