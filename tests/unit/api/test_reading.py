"""From values of a run to those of a program."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

from nivis_tofu.api import reading
from nivis_tofu.api.results import AttributeChange, DriftedResource, ResourceChange
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.outcome import Acted, Applied, Attribute, Hidden, Line, Preview, Tally
from nivis_tofu.core.run_result import Action, AppliedChange
from nivis_tofu.run.refresh import Refreshed
from nivis_tofu.tofu.raw_state import RawOutput

LATE = Attribute(("v", 0), "update", {"a": Decimal("1.5")}, [Hidden("(known after phase 1)", 1)], known_after=1)


def test_a_preview_becomes_a_plan() -> None:
    lines = (
        Line("create", "p.t.a", "t", address="t.a", attributes=(LATE,), waits=("p.t.b.id",), phase=2),
        Line("noop", "p.t.b", drift=(LATE,)),
        Line("read", "data.p.t.c"),
    )
    warning = Diagnostic("w", severity="warning")
    plan = reading.plan(Preview(lines, (("o", "update"),), pending=True), [warning], None)
    told = AttributeChange(("v", 0), "update", {"a": 1.5}, ["(known after phase 1)"], 1)
    assert plan.changes == (ResourceChange("p.t.a", "create", "t", 2, "t.a", ("p.t.b.id",), attributes=(told,)),)
    assert plan.drift == (DriftedResource("p.t.b", (told,)),)
    assert (plan.outputs, plan.complete, plan.warnings) == ({"o": "update"}, False, (warning,))


def test_what_was_done_has_the_words_of_a_plan() -> None:
    done: dict[str, tuple[str, ...]] = {
        "create": ("create",), "update": ("update",), "replace": ("delete", "create"), "delete": ("delete",),
        "move": ("move",), "import": ("import",), "forget": ("forget",), "read": ("read",),
    }  # fmt: skip
    tally = Tally(phases=2)
    for name, actions in done.items():
        for phase, action in enumerate(actions, 1):
            tally.add(name, action, 0.5, phase)
    found = reading.applied(Applied(tally, 8), {}, ())
    assert [c.id for c in found.changes] == [c.action for c in found.changes]
    assert {c.action for c in found.changes} == set(get_args(Action)) - {"unknown", "read"}
    assert AppliedChange("replace", "replace", 2, 1.0) in found.changes
    assert set(reading._ACTION) == {Acted("", a).word for a in done.values()}


def test_secrets_are_known_by_name() -> None:
    found = reading.values({"b": RawOutput("hunter2", "string", True), "a": RawOutput(Decimal("0.5"), "number", False)})
    assert list(found.items()) == [("a", 0.5), ("b", "hunter2")]
    assert found.sensitive == {"b"}


def test_what_drifted_and_what_is_gone() -> None:
    found = Refreshed(("a", "b"), ("a",), ("b",), attributes={"a": (LATE,)})
    assert [(d.id, d.gone, len(d.attributes)) for d in reading.refresh_plan(found, None, ()).drift] == [
        ("a", False, 1),
        ("b", True, 0),
    ]
