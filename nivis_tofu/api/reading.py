"""From what a run knows to the values that a program gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from nivis_tofu.api.results import (
    AttributeChange,
    DriftedResource,
    Plan,
    RefreshResult,
    ResourceChange,
    ResourceState,
    SavedPlan,
    State,
)
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.outcome import Acted, Applied, Attribute, Hidden, Line, Preview
from nivis_tofu.core.plain import Json, plain
from nivis_tofu.core.run_result import Action, AppliedChange, OutputValues, RunResult
from nivis_tofu.manage.state_read import Inspection
from nivis_tofu.run.refresh import Refreshed
from nivis_tofu.tofu.raw_state import RawOutput

_ACTION: Mapping[str, Action] = {
    "": "create",
    "replaced": "replace",
    "destroyed": "delete",
    "imported": "import",
    "forgotten": "forget",
    "moved": "move",
    "read": "read",
    "updated": "update",
}
"""What was done to a resource over all phases, in the words of a plan."""


def plan(preview: Preview, warnings: Sequence[Diagnostic], saved: SavedPlan | None) -> Plan:
    return Plan(
        changes=tuple(map(_change, preview.changes)),
        outputs={name: cast("Action", action) for name, action in preview.outputs},
        complete=not preview.pending,
        drift=tuple(DriftedResource(x.id, _attributes(x.drift)) for x in preview.lines if x.drift),
        warnings=tuple(warnings),
        saved=saved,
    )


def refresh_plan(found: Refreshed, saved: SavedPlan | None, warnings: Sequence[Diagnostic]) -> Plan:
    """The plan of a refresh, which changes nothing but the state."""
    return Plan((), drift=_drift(found), warnings=tuple(warnings), saved=saved)


def refreshed(found: Refreshed, outputs: Mapping[str, RawOutput], warnings: Sequence[Diagnostic]) -> RefreshResult:
    return RefreshResult(_drift(found), values(outputs), tuple(warnings))


def applied(done: Applied, outputs: Mapping[str, RawOutput], warnings: Sequence[Diagnostic]) -> RunResult:
    phases = {step.id: step.phase for step in done.tally.steps}
    return RunResult(
        changes=tuple(_acted(x, phases.get(x.id, 1)) for x in done.tally.acted.values() if x.word != "read"),
        outputs=values(outputs),
        complete=done.complete,
        phases=done.tally.phases,
        seconds=done.seconds,
        warnings=tuple(warnings),
        failed=tuple(dict.fromkeys(done.tally.failed)),
        unfinished=tuple(dict.fromkeys(done.tally.unfinished)),
        not_started=done.not_started,
        tainted=done.tainted,
        lost=done.lost,
        unsaved=done.unsaved,
    )


def state(look: Inspection) -> State:
    return State(
        {name: _resource(look, name) for name in look.ids()},
        values(look.outputs()),
        look.snapshot.lineage,
        look.snapshot.serial,
    )


def values(outputs: Mapping[str, RawOutput]) -> OutputValues:
    """Real values, of which those that are secret do not appear in the text of the whole."""
    found = {name: plain(outputs[name].value) for name in sorted(outputs)}
    return OutputValues(found, {name for name, output in outputs.items() if output.sensitive})


def _resource(look: Inspection, name: str) -> ResourceState:
    attributes, sensitive = look.show(name)
    address = look.names.address_of(name) or name
    type_ = next((i.type for i in look.snapshot.instances if i.address == address), "")
    shown = {key: plain(value) for key, value in attributes.items()}
    return ResourceState(name, address, type_, shown, tuple(sensitive))


def _change(line: Line) -> ResourceChange:
    return ResourceChange(
        line.id,
        cast("Action", line.action),
        line.type,
        line.phase,
        line.address,
        line.waits,
        line.previous,
        line.reason,
        _attributes(line.attributes),
    )


def _attributes(found: Iterable[Attribute]) -> tuple[AttributeChange, ...]:
    return tuple(
        AttributeChange(a.path, a.action, _shown(a.before), _shown(a.after), a.known_after, a.sensitive, a.forces)
        for a in found
    )


def _shown(value: Any) -> Json:
    """The value with the texts of what is hidden in it."""
    match value:
        case Hidden():
            return value.text
        case Mapping():
            return {str(key): _shown(item) for key, item in value.items()}
        case list() | tuple():
            return [_shown(item) for item in value]
        case _:
            return plain(value)


def _acted(done: Acted, phase: int) -> AppliedChange:
    return AppliedChange(done.id, _ACTION[done.word], phase, done.seconds)


def _drift(found: Refreshed) -> tuple[DriftedResource, ...]:
    gone = set(found.gone)
    return tuple(DriftedResource(i, _attributes(found.attributes.get(i, ())), i in gone) for i in found.drifted)
