"""Results and events as JSON for programs."""

from __future__ import annotations

import json
from typing import Any

from nivis_tofu import __version__
from nivis_tofu.core import events as e
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Attribute, Hidden, Line, Preview, Provenance, Tally
from nivis_tofu.views import jsonl

BROKEN = Diagnostic("Broken", "Why.", "Mend it.", position=Position("flake.nix", 3, 5), address="p.t.a")
LINE = Line(
    "replace", "p.t.a", "t", "p.t.b.id", "a note", derived_from=("p.t.b.id",), phase=2, reason="cannot_update",
    previous="p.t.old", attributes=(Attribute(("tags", 0), "update", 1, Hidden("(sensitive)"), sensitive=True, forces=True),),
    drift=(Attribute(("n",), "delete", 1, known_after=1, provenance=Provenance("nix", ("p.t.b.id",)), object="[0]"),),
)  # fmt: skip


def test_a_plan_without_details() -> None:
    found = json.loads(jsonl.plan(Preview((LINE, Line("noop", "p.t.c", phase=0)), (("o", "create"),), pending=True)))
    assert found == {
        "version": 1, "format_version": "1.0", "outputs": {"o": "create"}, "complete": False,
        "changes": [
            {"id": "p.t.a", "type": "t", "action": "replace", "phase": 2, "derived_from": ["p.t.b.id"],
             "waits_for": "p.t.b.id", "note": "a note"},
            {"id": "p.t.c", "type": "", "action": "noop", "phase": None, "derived_from": [], "waits_for": "", "note": ""},
        ],
    }  # fmt: skip
    assert json.loads(jsonl.plan(Preview(())))["complete"] is True


def test_a_plan_with_details() -> None:
    output = Attribute((), "create", None, "v")
    found = json.loads(jsonl.plan(Preview((LINE,), values={"o": (output,)}), detail=True))
    change = found["changes"][0]
    assert (change["previous"], change["reason"]) == ("p.t.old", "cannot_update")
    assert change["attributes"] == [
        {"path": ["tags", 0], "object": "", "action": "update", "before": 1, "after": "(sensitive)",
         "known_after_phase": None, "derived_from": [], "sensitive": True, "forces_replacement": True},
    ]  # fmt: skip
    assert (
        change["drift"][0] | {"object": "[0]", "known_after_phase": 1, "derived_from": ["p.t.b.id"]}
        == change["drift"][0]
    )
    assert found["output_changes"]["o"][0]["after"] == "v"


def test_an_apply() -> None:
    tally = Tally(phases=2)
    tally.add("p.t.a", "create", 1.23456, 1)
    tally.add("p.t.a", "update", 1, 2)
    tally.add("p.t.b", "replace", 1, 2)
    tally.failed += ["p.t.c", "p.t.c"]
    tally.unfinished += ["p.t.d", "p.t.d"]
    error = NivisError(BROKEN)
    found = jsonl.applied(
        Applied(tally, 3, error=error, not_started=("p.t.e",), half={"p.t.b": "none"}, complete=False)
    )
    assert found["steps"][0] == {"phase": 1, "id": "p.t.a", "action": "create", "seconds": 1.235}
    assert found["resources"] == [{"id": "p.t.a", "result": "created"}, {"id": "p.t.b", "result": "replaced"}]
    rest = {
        k: found[k]
        for k in ("type", "ok", "complete", "phases", "failed", "unfinished", "half_replaced", "not_started")
    }
    assert rest == {
        "type": "result", "ok": False, "complete": False, "phases": 2, "failed": ["p.t.c"], "unfinished": ["p.t.d"],
        "half_replaced": [{"id": "p.t.b", "objects": "none"}], "not_started": ["p.t.e"],
    }  # fmt: skip
    assert found["diagnostics"] == [
        {"severity": "error", "summary": "Broken", "detail": "Why.", "hint": "Mend it.", "id": "p.t.a", "position": "flake.nix:3:5"},
    ]  # fmt: skip
    good = jsonl.applied(Applied(Tally(), 0))
    assert (good["ok"], good["complete"], good["diagnostics"]) == (True, True, [])
    assert json.loads(jsonl.report(Applied(Tally(), 0))) == good


def test_validation_counts_by_severity() -> None:
    found = json.loads(jsonl.validation([BROKEN, Diagnostic("W", severity="warning")]))
    assert (found["valid"], found["error_count"], found["warning_count"]) == (False, 1, 1)
    at = {"line": 3, "column": 5}
    assert found["diagnostics"] == [
        {"severity": "error", "summary": "Broken", "detail": "Why.", "address": "p.t.a", "hint": "Mend it.",
         "range": {"filename": "flake.nix", "start": at, "end": at}},
        {"severity": "warning", "summary": "W", "detail": ""},
    ]  # fmt: skip
    assert json.loads(jsonl.validation(iter([Diagnostic("W", severity="warning")])))["valid"] is True


def test_events_are_lines_and_people_see_them_too() -> None:
    lines: list[dict[str, Any]] = []
    seen: list[e.Event] = []
    stream = jsonl.Stream(lambda text: lines.append(json.loads(text)), seen.append)
    events: list[e.Event] = [
        e.Stage("applying", 2),
        e.Started("p.t.a", "create"),
        e.Done("p.t.a", "create", 1.5, 2),
        e.Failed("p.t.b", "update", 2),
        e.Warned(Diagnostic("Careful", severity="warning")),
        e.Told("for people only"),
        e.Ran(("tofu",), 1.0, 0),
    ]
    for event in events:
        stream(event)
    assert seen == events
    assert lines[0] == {"type": "version", "format_version": "1.0", "nivis": __version__}
    assert lines[1:5] == [
        {"type": "stage", "stage": "applying", "phase": 2},
        {"type": "apply_start", "id": "p.t.a", "action": "create"},
        {"type": "apply_complete", "id": "p.t.a", "action": "create", "seconds": 1.5, "phase": 2},
        {"type": "apply_errored", "id": "p.t.b", "action": "update", "phase": 2},
    ]
    assert [(line["type"], line["diagnostic"]["severity"]) for line in lines[5:]] == [("diagnostic", "warning")]


def test_every_line_is_one_line() -> None:
    lines: list[str] = []
    stream = jsonl.Stream(lines.append, lambda _: None)
    stream(e.Started("a\nb", "create"))
    assert not [line for line in lines if "\n" in line]
