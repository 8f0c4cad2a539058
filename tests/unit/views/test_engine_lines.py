"""One stream in OpenTofu's form out of those of many engine processes, and of what the run came to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.tofu.raw_state import RawOutput
from nivis_tofu.views.engine_lines import PREVIEW, EngineLines

VERSION = {"type": "version", "tofu": "1.12.6", "ui": "1.2", "@message": "OpenTofu 1.12.6"}


class Told:
    """What is written, as documents without what differs each time."""

    def __init__(self, verb: str = "plan") -> None:
        self.lines: list[dict[str, Any]] = []
        self.view = EngineLines(lambda text: self.lines.append(json.loads(text)), verb, lambda: "1.9.9")

    @property
    def types(self) -> list[Any]:
        return [line.get("type") for line in self.lines]

    @property
    def messages(self) -> list[str]:
        return [line["@message"] for line in self.lines]


def planned(address: str, action: str, message: str = "own") -> dict[str, Any]:
    change = {"resource": {"addr": address}, "action": action}
    return {"type": "planned_change", "@message": message, "change": change}


def summary(operation: str, **counts: int) -> dict[str, Any]:
    return {"type": "change_summary", "@message": "", "changes": {"operation": operation, **counts}}


def test_the_version_is_said_once_and_first() -> None:
    told = Told()
    told.view.engine("plan", VERSION)
    told.view.engine("apply", VERSION)
    told.view.told("a word")
    assert told.types == ["version", None]


def test_where_no_engine_has_said_its_version_it_is_asked_for() -> None:
    told = Told()
    told.view.told("a word")
    told.view.told("another")
    assert told.types == ["version", None, None]
    assert (told.lines[0]["tofu"], told.lines[0]["ui"]) == ("1.9.9", "1.2")
    for line in told.lines:
        assert line["@level"] == "info"
        assert line["@module"] == "tofu.ui"
        assert line["@timestamp"].endswith("Z")


def test_of_a_plan_only_what_the_run_comes_to_is_said() -> None:
    told = Told()
    told.view.engine("plan", VERSION)
    told.view.engine("plan", planned("t.a", "create"))
    told.view.engine("plan", summary("plan", add=1))
    told.view.engine("plan", {"type": "diagnostic", "@message": "said by nivis"})
    told.view.engine("plan", {"type": "outputs", "@message": "", "outputs": {"o": {"action": "create"}}})
    assert told.types == ["version"]


def test_drift_is_said_once_however_often_it_is_seen() -> None:
    told = Told()
    drift = {**planned("t.a", "update"), "type": "resource_drift"}
    for command in ("plan", PREVIEW, "plan"):
        told.view.engine(command, drift)
    told.view.engine(PREVIEW, {**planned("t.b", "update"), "type": "resource_drift"})
    assert told.types == ["resource_drift"]


@pytest.mark.parametrize(("verb", "kept"), [("init", True), ("plan", False)])
def test_lines_for_people_are_those_of_init(verb: str, kept: bool) -> None:
    told = Told(verb)
    told.view.engine("init", {"@message": "Initializing the backend..."})
    told.view.engine("init", {"@message": "As OpenTofu 1.10 types it.", "type": "output"})
    assert len(told.lines) == 2 * kept


def test_lines_of_an_apply_go_through_and_its_counts_are_added_up() -> None:
    told = Told("apply")
    for _ in range(2):
        told.view.engine("apply", VERSION)
        told.view.engine("apply", planned("t.a", "create"))
        told.view.engine("apply", {"type": "apply_complete", "@message": ""})
        told.view.engine("apply", summary("plan", add=9))
        told.view.engine(
            "apply",
            {
                **summary("apply", add=2, change=1),
                "changes": {"operation": "apply", "add": 2, "change": 1, "import": 1},
            },
        )
    told.view.applied("apply", {})
    assert told.types == ["version", *["planned_change", "apply_complete"] * 2, "change_summary"]
    assert told.messages[-1] == "Apply complete! Resources: 2 imported, 4 added, 2 changed, 0 destroyed."
    assert told.lines[-1]["changes"] == {
        "operation": "apply", "add": 4, "change": 2, "import": 2, "remove": 0, "forget": 0,
    }  # fmt: skip


def test_a_plan_ends_with_its_changes_warnings_summary_and_outputs() -> None:
    told = Told()
    told.view.engine("plan", {"type": "outputs", "outputs": {
        "same": {"action": "noop"}, "pw": {"action": "create", "sensitive": True}, "nivis_module_x": {"action": "noop"},
    }})  # fmt: skip
    lines = (
        Line("create", "p.t.a", address="t.a"),
        Line("replace", "p.t.b", address='t.b["k.1"]'),
        Line("forget", "p.t.c", address="module.m.t.c"),
        Line("noop", "p.t.d", address="t.d"),
    )
    told.view.plan(
        Preview(lines, (("o", "update"), ("pw", "create")), warnings=(Diagnostic("W", severity="warning"),)), ["o"]
    )
    assert told.types == ["version", *["planned_change"] * 3, "diagnostic", "change_summary", "outputs"]
    assert told.messages[1:] == [
        "t.a: Plan to create",
        't.b["k.1"]: Plan to replace',
        "module.m.t.c: Plan to forget",
        "Warning: W",
        "Plan: 2 to add, 0 to change, 1 to destroy.",
        "Outputs: 3",
    ]
    changes = [line["change"] for line in told.lines[1:4]]
    assert [change["action"] for change in changes] == ["create", "replace", "remove"]
    assert changes[1]["resource"] == {
        "addr": 't.b["k.1"]', "module": "", "resource": 't.b["k.1"]', "implied_provider": "t", "resource_type": "t",
        "resource_name": "b", "resource_key": "k.1",
    }  # fmt: skip
    assert changes[2]["resource"]["module"] == "module.m"
    assert changes[2]["resource"]["resource"] == "t.c"
    assert told.lines[-1]["outputs"] == {
        "same": {"sensitive": False, "action": "noop"},
        "o": {"sensitive": True, "action": "update"},
        "pw": {"sensitive": True, "action": "create"},
    }


def test_what_the_engine_said_itself_is_taken_word_for_word() -> None:
    told = Told()
    told.view.engine("plan", VERSION)
    told.view.engine(PREVIEW, planned("t.a", "create", "first seen"))
    told.view.engine("plan", planned("t.a", "create", "said"))
    told.view.engine(PREVIEW, planned("t.a", "create", "said later"))
    told.view.engine("plan", planned("t.b", "update", "something else"))
    told.view.engine("plan", planned("module.m.t.x", "create", "in the module"))
    told.view.plan(Preview((
        Line("create", "p.t.a", address="t.a"),
        Line("replace", "p.t.b", address="t.b"),
        Line("create", "module.m", address="module.m"),
    )), [])  # fmt: skip
    assert told.messages[1:4] == ["said", "t.b: Plan to replace", "in the module"]


def test_what_is_not_known_yet_is_a_sentence() -> None:
    told = Told()
    told.view.plan(Preview((Line("unknown", "hosts", waits_for="p.t.a.id"), Line("unknown", "more"))), [])
    assert told.messages[1:3] == ["hosts: not known yet, waits for p.t.a.id", "more: not known yet"]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("create", "1 to add, 0 to change, 0 to destroy."),
        ("update", "0 to add, 1 to change, 0 to destroy."),
        ("replace", "1 to add, 0 to change, 1 to destroy."),
        ("delete", "0 to add, 0 to change, 1 to destroy."),
        ("import", "1 to import, 0 to add, 0 to change, 0 to destroy."),
        ("move", "0 to add, 0 to change, 0 to destroy."),
        ("read", "0 to add, 0 to change, 0 to destroy."),
    ],
)
def test_counts_of_a_plan(action: str, text: str) -> None:
    told = Told()
    told.view.plan(Preview((Line(action, "p.t.a", address="t.a"),)), [])
    assert told.messages[-1] == f"Plan: {text}"


def test_values_of_secret_outputs_are_not_said() -> None:
    told = Told("apply")
    told.view.applied(
        "destroy", {"b": RawOutput("hunter2", "string", True), "a": RawOutput([1], ["list", "number"], False)}
    )
    assert told.messages[1:] == ["Destroy complete! Resources: 0 destroyed.", "Outputs: 2"]
    assert list(told.lines[-1]["outputs"].items()) == [
        ("a", {"sensitive": False, "type": ["list", "number"], "value": [1]}),
        ("b", {"sensitive": True, "type": "string"}),
    ]


def test_diagnostics_in_the_engines_form_with_our_hint() -> None:
    told = Told()
    told.view.diagnostic(
        Diagnostic("Broken", "Why.", "Mend it.", position=Position("flake.nix", 3, 5), address="p.t.a")
    )
    told.view.diagnostic(Diagnostic("Careful", severity="warning"))
    assert [(line["@level"], line["@message"]) for line in told.lines[1:]] == [
        ("error", "Error: Broken"), ("warn", "Warning: Careful"),
    ]  # fmt: skip
    at = {"line": 3, "column": 5}
    assert told.lines[1]["diagnostic"] == {
        "severity": "error", "summary": "Broken", "detail": "Why.", "address": "p.t.a", "hint": "Mend it.",
        "range": {"filename": "flake.nix", "start": at, "end": at},
    }  # fmt: skip
