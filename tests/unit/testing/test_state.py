"""The pretended state: what a plan tells of it, what an apply makes of it."""

from __future__ import annotations

from typing import Any

from nivis_tofu.ir.model import IR
from nivis_tofu.run.decide.held import Cut, cut
from nivis_tofu.run.decide.position import NO_ANSWER, Evaluation, Position
from nivis_tofu.testing.computed import UNKNOWN
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.objects import Maker
from nivis_tofu.testing.state import Ordered, PretendedState
from tests.support.situation import ir, pending, ref, res


def nothing(**fixed: Any) -> PretendedState:
    return PretendedState(Maker(Inventor(), fixed), lambda *_: None)


def taken(found: IR, state: PretendedState) -> Cut:
    return cut(Position(snapshot=state.snapshot(), evaluation=Evaluation(found, NO_ANSWER, found)))


def applied(state: PretendedState, found: IR, phase: int = 1) -> PretendedState:
    order = Ordered(found)
    return state.applied(order, state.plan(order, taken(found, state)), phase)


def test_a_plan_tells_what_is_configured_and_nothing_else() -> None:
    found, state = ir(res("a", "x"), res("b", ref("a"), ref("a", "v0"))), nothing()
    plan = state.plan(Ordered(found), taken(found, state))
    assert plan.after == {"p.t.a": {"v0": "x"}, "p.t.b": {"v0": UNKNOWN, "v1": "x"}}
    assert plan.changes == {"p.t.a": "create", "p.t.b": "create"}


def test_an_apply_makes_what_the_plan_announced() -> None:
    found = ir(res("a"), res("b", ref("a")), res("c", pending("b")))
    state = applied(nothing(), found)
    assert state.there.keys() == {"p.t.a", "p.t.b"}
    assert state.attributes()["p.t.b"]["v0"] == state.attributes()["p.t.a"]["id"]
    assert state.there["p.t.b"].dependencies == ("t.a",)
    again = state.plan(Ordered(found), taken(found, state))
    assert (again.changes, again.fresh) == ({}, frozenset())


def test_a_change_keeps_phase_and_id_and_what_is_gone_goes() -> None:
    first = applied(nothing(), ir(res("a", "x"), res("b")))
    later = ir(res("a", "y"))
    plan = first.plan(Ordered(later), taken(later, first))
    assert plan.changes == {"p.t.a": "update", "p.t.b": "delete"}
    second = applied(first, later, 2)
    assert second.there.keys() == {"p.t.a"}
    assert second.there["p.t.a"].phase == 1
    assert second.attributes()["p.t.a"] == {"id": first.attributes()["p.t.a"]["id"], "v0": "y"}


def test_orphans_stay_while_a_group_is_pending() -> None:
    first = applied(nothing(), ir(res("a"), res("b")))
    later = ir(res("a"), groups={"g": ["a@x"]})
    assert first.plan(Ordered(later), taken(later, first)).changes == {}


def test_a_replacement_is_another_object() -> None:
    def data(trigger: str) -> IR:
        return ir(res("p.terraform_data.a", config={"input": 1, "triggers_replace": trigger}))

    first = applied(nothing(), data("x"))
    second = applied(first, data("y"), 2)
    ids = [state.attributes()["p.terraform_data.a"]["id"] for state in (first, second)]
    assert ids[0] != ids[1]


def test_two_plans_of_one_kind_have_one_digest() -> None:
    found, state = ir(res("a", ref("b")), res("b")), nothing()
    plans = [state.plan(Ordered(found), taken(found, state)) for _ in range(2)]
    other = ir(res("a", "x"), res("b"))
    assert plans[0].digest == plans[1].digest != state.plan(Ordered(other), taken(other, state)).digest
