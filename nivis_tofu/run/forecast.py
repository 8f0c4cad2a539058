"""What a run is going to do over all its phases, told before it does anything.

Where nothing in the state has to wait, the phase's own plan tells it all: what is held is created later.
Else one preview plan of the whole IR is made (preview.py), and the engine's actions in it are the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.events import Outlook, Stage
from nivis_tofu.core.outcome import Line
from nivis_tofu.ir.model import Resource
from nivis_tofu.ir.providers import full_source
from nivis_tofu.render.preview import PreviewWriter, deferred
from nivis_tofu.run import asking, plan_details
from nivis_tofu.run.decide import exclude, schedule
from nivis_tofu.run.decide import outlook as expected
from nivis_tofu.run.decide.announce import NOT_DONE
from nivis_tofu.run.decide.held import stored_address
from nivis_tofu.run.decide.phase import Phase, decide
from nivis_tofu.run.module import render
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.documents import PlanDocument


def of(session: Session, phase: Phase) -> Phase:
    """The phase with what is to be expected of those after it; costs one more plan only if something is held.

    Without a plan of its own (an empty state) the preview is the only one that is needed.
    """
    try:
        return _of(session, phase)
    except EngineError as error:
        if phase.plan or not session.back_to_phases(error):
            raise
        return _of(session, decide(session.chosen(phase.at)))


def _of(session: Session, phase: Phase) -> Phase:
    if session.one_plan:
        phase = phase.with_(notes=session.one_plan.notes(phase.cut.held))
    later = phase.plan is None or phase.needs_preview or bool(session.detail and phase.cut.held)
    return _known(session, _preview(session, phase)) if later else _detailed(session, phase, None)


def outlook(phase: Phase) -> Outlook:
    """The outlook for those who watch the run."""
    return expected.of(phase.preview, phase.ir)


def _known(session: Session, phase: Phase) -> Phase:
    """The forecast with what the preview knows of values; it is read only if details or phases hang on that."""
    assert phase.seen
    acting = {bare(change.addr) for change in phase.seen.changes}
    doubts = schedule.doubtful(phase.at, phase.cut, acting)
    seen: PlanDocument | None = None
    if doubts or _explains(session, phase):
        seen = session.in_preview.show_plan(session.workdir.preview_file)[0]
        own = {change.address: change for change in seen.changes if not change.deposed}
        phase = phase.with_(survived=schedule.surviving(doubts, phase.at, own))
    session.workdir.preview_file.unlink(missing_ok=True)
    return _detailed(session, phase, seen)


def _explains(session: Session, phase: Phase) -> bool:
    """Are attributes wanted, or is somebody asked about what goes?"""
    return session.detail or bool(asking.explains(session) and phase.preview.destructive)


def _detailed(session: Session, phase: Phase, seen: PlanDocument | None) -> Phase:
    """The forecast with attributes, if they are wanted. One `show` for each plan there is."""
    if not _explains(session, phase):
        return phase
    plan = phase.plan
    shown = plan and (plan.has_changes or plan.drift or seen)  # of nothing there are no attributes
    now = session.tofu.show_plan(session.workdir.plan_file)[0] if shown else None
    return phase.with_(detailed=plan_details.add(session, phase, now, seen))


def later(phase: Phase) -> tuple[dict[str, Any], ...]:
    """What waits for a later phase, as `deferred_changes` tells it."""
    from nivis_tofu.run.sidecar import deferred_change  # slow to load, and only saved plans have a sidecar

    ir, cut, waits = phase.ir, phase.cut, phase.preview.waits
    lines = {line.id: line for line in phase.preview.lines}
    held = [ir.resources[i] for i in sorted(cut.held) if ir.resources[i].mode == "managed"]

    def deferral(line: Line, address: str, reason: str) -> dict[str, Any]:
        resource = ir.owner(address)
        gone = phase.at.snapshot.providers.get(bare(address), "")
        source = full_source(ir.providers[resource.provider].source, phase.at.kind) if resource else gone
        found = deferred_change({"id": line.id, "action": line.action}, address, source, reason)
        return found | {"phase": line.phase, "waits_for": list(waits.get(line.phase, ()))}

    def reason(resource: Resource) -> str:
        if resource.provider in cut.pending_providers:
            return "provider_config_unknown"
        return "resource_config_unknown" if resource.pending else "deferred_prereq"

    found = [deferral(lines.get(r.id, Line("unknown", r.id)), r.address, reason(r)) for r in held]
    found += [deferral(lines[group.name], "", "instance_count_unknown") for group in ir.groups]
    # What goes only after what waits has moved on, and what a joined root module leaves out, has nothing to wait for.
    aside = (cut.exclude & cut.orphans) | cut.left_out
    left = [x for x in lines.values() if x.address and bare(x.address) in aside and x.action not in NOT_DONE]
    return (*found, *(deferral(line, line.address, "deferred_prereq") for line in left))


def without_outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    """A module for a destroy: its providers, and the resources whose blocks say what to do then."""
    kept = ("terraform", "provider", "variable", "resource", "data", "module", "locals")
    return {k: v for k, v in document.items() if k in kept}


def _preview(session: Session, phase: Phase) -> Phase:
    at, taken = phase.at, phase.cut
    ir, there = at.ir, at.snapshot.addresses
    reasons = deferred(ir, taken.pending_providers, taken.held, lambda r: session.workdir.schema(ir, r))
    writer = PreviewWriter(ir, at.ledger, stale=taken.held, absent=frozenset(reasons))
    include = ir.resources.keys() - reasons.keys()
    module = render(session, at, include, preview=writer, providers=set(ir.providers) - taken.pending_providers)
    session.workdir.write(module, preview=True)
    session.emit(Stage("previewing later phases"))
    kept = {stored_address(ir, at.snapshot, ir.resources[i].address) for i in reasons} & there
    # What the phase protects although it is no longer in the IR stays protected here too.
    kept |= (taken.exclude & taken.orphans) - taken.needed
    kept |= (module.left_out & there) | taken.unselected
    shown = session.detail or asking.explains(session) or schedule.doubtful(at, taken, ir.by_address.keys())
    out = str(session.workdir.preview_file) if shown else ""
    options = exclude.preview(at, taken, session.options, include, kept, out=out)
    return phase.with_(seen=session.plan(ir, options, session.in_preview)[0], reasons=reasons)
