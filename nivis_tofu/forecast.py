"""What a run is going to do over all its phases, told before it does anything.

Where nothing in the state has to wait, the phase's own plan tells it all: what is held is created later.
Else one preview plan of the whole IR is made (preview.py), and the engine's actions in it are the forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nivis_tofu import details, planner
from nivis_tofu.events import Stage
from nivis_tofu.ir import IR
from nivis_tofu.ledger import Ledger, guess_id
from nivis_tofu.planfile import deferred_change
from nivis_tofu.planner import Announced, Cut
from nivis_tofu.preview import PreviewWriter, deferred
from nivis_tofu.providers import full_source
from nivis_tofu.render import UNKNOWN
from nivis_tofu.results import Line, Preview
from nivis_tofu.session import Evaluated, Session
from nivis_tofu.settle import Settled
from nivis_tofu.state import Snapshot
from nivis_tofu.targeting import Going
from nivis_tofu.tofu.address import Address, bare
from nivis_tofu.tofu.messages import Planned
from nivis_tofu.tofu.models import Plan
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


def ahead(session: Session, now: Evaluated, ledger: Ledger, snapshot: Snapshot, cut: Cut) -> Forecast:
    """The forecast for an empty state: the preview is the only plan that is needed."""
    seen, reasons = _preview_plan(session, now, ledger, snapshot, cut)
    told = _tell(session, now.ir, ledger, snapshot, cut, None, seen, reasons)
    return _detailed(session, told, now.ir, ledger, cut, phase=False, later=True)


def _detailed(
    session: Session, told: Forecast, ir: IR, ledger: Ledger, cut: Cut, *, phase: bool, later: bool
) -> Forecast:
    """The forecast with attributes, if they are wanted: one `show` for each plan there is."""
    if not session.options.detail:
        return told
    now = session.tofu.show_plan(session.space.plan_file)[0] if phase else None
    seen: Plan | None = None
    if later:
        file = session.space.preview_file
        with session.in_preview() as tofu:
            seen = tofu.show_plan(file)[0]
        file.unlink()
    return replace(told, preview=details.add(session, told.preview, ir, ledger, cut, now, seen))


def destruction(ir: IR, snapshot: Snapshot, going: Going) -> Preview:
    """What goes in a destroy."""
    known = ir.by_address
    parts = going.instances(snapshot)
    lines = []
    for address in sorted(snapshot.managed & going.addresses):
        name = known[address].id if address in known else guess_id(address, snapshot.providers.get(address, ""))
        for instance in parts.get(address, [address]):
            lines.append(Line("delete", name + instance.removeprefix(address), address.split(".")[0]))
    return Preview(tuple(lines), total=len(lines))


def later(settled: Settled, preview: Preview, kind: str) -> tuple[dict[str, Any], ...]:
    """What waits for a later phase, as `deferred_changes` tells it."""
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


def only_providers(document: Mapping[str, Any]) -> dict[str, Any]:
    """A module without resources: what remains is needed to destroy."""
    return {k: v for k, v in document.items() if k in ("terraform", "provider", "variable")}


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
    options = session.preview_options(cut, ir, include, kept)
    if session.options.detail:
        options = replace(options, out=str(session.space.preview_file))
    with session.in_preview():
        return session.plan_selected(ir, options)[0], reasons


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
    changes: dict[str, Planned] = {}
    sources: list[Iterable[Planned]] = [seen.changes] if seen else []
    # The phase's own plan is the truth for what is in it; the preview for the rest.
    held = {ir.resources[i].address for i in cut.held} | cut.exclude | cut.left_out
    for change in (c for source in sources for c in source):
        changes[bare(change.addr)] = change
    parts = [*seen.changes] if seen else []
    if plan:
        for address in [a for a in changes if a not in held]:
            del changes[address]
        changes.update({bare(c.addr): c for c in plan.changes if bare(c.addr) not in held})
        parts = [c for c in parts if bare(c.addr) in held]
        parts += [c for c in plan.changes if bare(c.addr) not in held]
    changes.pop(f"terraform_data.{UNKNOWN}", None)
    actions = {address: str(c.action) for address, c in changes.items()}
    if not seen:
        actions.update({ir.resources[i].address: "create" for i in cut.held if ir.resources[i].mode == "managed"})
    if not ir.groups:
        # What waits only for its provider's configuration, or for its dependants to move on, goes in a later phase.
        actions.update(dict.fromkeys(cut.exclude & cut.orphans, "delete"))
    # What lies in modules and in a joined root module has instances that are told one by one.
    several = [c for c in parts if (base := bare(c.addr)) in ir.foreign or base.startswith("module.")]
    actions.update({c.addr: str(c.action) for c in several})
    several = [c for c in several if bare(c.addr) in ir.by_address or bare(c.addr) in ir.foreign]
    lines: list[Line] = []
    open_: set[str] = set()
    for resource in ir.resources.values():
        address = resource.address
        if resource.id in reasons:
            open_.add(address)
            new = resource.mode == "managed" and not resource.given and address not in snapshot.addresses
            action = "create" if new else "unknown"
            lines.append(Line(action, resource.id, resource.type, note=f"({reasons[resource.id]})"))
        elif resource.mode == "managed":
            action = actions.get(address, "noop")
            previous = changes[address].previous_addr if address in changes else ""
            note = ""
            if action in ("create", "update") and address in ir.imported - snapshot.addresses:
                action, note = "import", "" if action == "create" else "then changed"
            elif action == "delete" and address in snapshot.deposed:
                action, note = "update", "an old object of it is removed"
            lines.append(Line(action, resource.id, resource.type, previous=previous, note=note))
        elif address in actions and resource.mode == "data":
            lines.append(Line(actions[address], resource.id, resource.type))
    lines += [Line(str(c.action), c.addr, Address.parse(c.addr).type, previous=c.previous_addr) for c in several]
    told_apart = {bare(c.addr) for c in several} | {c.addr for c in several}
    for group in ir.groups:
        waits = ", ".join(str(r) for r in group.refs if not ledger.knows(r)) or ", ".join(map(str, group.refs))
        lines.append(Line("unknown", group.name, waits_for=waits))
    if ir.groups:
        open_ |= cut.orphans
    for address in sorted(actions.keys() - ir.by_address.keys() - told_apart):
        if bare(address) != address and bare(address) in actions:
            continue  # what is gone of a module is told by the module's name
        name = guess_id(address, snapshot.providers.get(address, ""))
        name = session.space.known_ids().get(address, name)
        lines.append(Line(actions[address], name, address.split(".")[0]))
    outputs = plan if plan and cut.whole else seen or plan
    told = Preview(
        lines=tuple(lines),
        outputs=tuple((n, str(o.action)) for n, o in sorted(outputs.outputs.items()) if not planner.module_of(n))
        if outputs
        else (),
        total=len(ir.managed),
        pending=bool(cut.held or ir.groups or cut.left_out),
        warnings=(seen or plan).warnings if (seen or plan) else (),  # type: ignore[union-attr]  # one is there
    )
    return Forecast(told, Announced(actions, frozenset(open_), groups=bool(ir.groups or open_)))
