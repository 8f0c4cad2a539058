"""What is expected of a run, from the configuration and from its plan."""

from __future__ import annotations

import pytest

from nivis_tofu.core.events import Outlook
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.values import Expr
from nivis_tofu.run.decide import outlook
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.decide.phase import decide
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.schedule import Schedule
from tests.support.situation import at, ir, pending, plan, ref, res

A, B, C = "p.t.a", "p.t.b", "p.t.c"
CHAIN = ir(res("a"), res("b", pending("a")), res("c", pending("b")))


def from_nothing(position: Position) -> Outlook:
    return outlook.from_nothing(Schedule(position, cut(position)))


def test_from_nothing_everything_is_created() -> None:
    found = from_nothing(at(CHAIN))
    assert found.actions == {A: "create", B: "create", C: "create"}
    assert (found.phases, found.open) == (3, False)


def test_phases_are_those_of_the_plan() -> None:
    lines = (Line("replace", A), Line("update", B, phase=2), Line("noop", C, phase=0), Line("read", "data.x", phase=5))
    found = outlook.of(Preview((*lines, Line("import", "j", note="then changed"))), CHAIN)
    assert found.actions == {A: "replace", B: "update", "j": "update"}
    assert found.phases == 2


@pytest.mark.parametrize(
    "waits",
    [
        at(ir(res("a"), res("i"), extra={"import": [{"to": "t.i", "id": pending("a")}]})),
        at(ir(res("a"), res("l", Expr(("${local.x}",))), extra={"locals": {"x": pending("a")}})),
        at(ir(res("a"), res("q.t.c"), providers={"q": {"u": ref("a")}})),
        at(ir(res("a"), res("b", pending("a")), res("u", depends_on=["member"]), groups={"g": ["b"]})),
        at(ir(res("a"), groups={"g": ["a"]})),
    ],
    ids=["for the id of an import", "for a local", "for a provider", "for a member of a group", "a group alone"],
)
def test_progress_and_plan_name_the_same_phases(waits: Position) -> None:
    phase = decide(waits)
    made = plan(*(f"create {i.rpartition('.')[2]}" for i in phase.cut.include))
    assert from_nothing(waits).phases == len(phase.planned(made).preview.by_phase) > 1


def test_what_was_told_before() -> None:
    found = outlook.announced([("a", "delete"), ("b", "noop"), ("c", "forget")], 1)
    assert (found.actions, found.phases) == ({"a": "delete"}, 1)
