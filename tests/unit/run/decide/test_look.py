"""What a plan says of values that Nix consumes, from literals."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.engine_name import MODULE_OUTPUT
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.values import Derived, Ref
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.decide.look import (
    News,
    changed_consumed,
    distrusting,
    found_by_refresh,
    is_unknown,
    learn,
    look,
    module_changes,
    reads_data,
    straight,
)
from nivis_tofu.run.decide.position import Position
from nivis_tofu.tofu.documents import Change, PlanChange
from nivis_tofu.tofu.messages import Planned
from nivis_tofu.tofu.results import PlanResult
from tests.support.situation import at, change, ir, known, pending, plan, ref, res, state, thing

NONE: frozenset[Any] = frozenset()


def uses(*names: str) -> Resource:
    """A resource computed from these."""
    return res("user", known("x", *names))


def told(position: Position, *changes: PlanChange, refreshed: Any = None, decided: frozenset[Any] = NONE) -> News:
    by_address = {c.address: c for c in changes}
    return look(position, cut(position), decided, by_address, refreshed or position.snapshot)


A = ir(res("a", config={"x": 1, "y": {"k": 1}}), uses("a@x"))
THERE = state(thing("a", x=1, y={"k": 1, "l": 2}), "user")


@pytest.mark.parametrize(
    ("consumed", "made", "unknown", "planned"),
    [
        ("a@x", change("a", "update", {"id": "id-a", "x": 1}), False, {}),
        ("a@x", change("a", "update", {"id": "id-a", "x": 2}), False, {"x": 2}),
        ("a@x", change("a", "update", {"id": "id-a"}, {"x": True}), True, {}),
        ("a@id", change("a", "replace", {"x": 1}, {"id": True}), True, {}),
        ("a@x", change("a", "replace", {"x": 1}, {"id": True}), False, {}),
        ("a@x", change("a", "delete"), True, {}),
        ("a@y", change("a", "update", {"y": {"k": 3}}, {"y": {"l": True}}), True, {}),
        ("a@y", change("a", "update", {"y": {"k": 1, "l": 2}}), False, {}),
    ],
    ids=[
        "the same value",
        "another value, known",
        "unknown",
        "unknown in a replacement",
        "known in a replacement",
        "deleted",
        "unknown in part",
        "an equal object",
    ],
)
def test_a_consumed_value_after_the_plan(consumed: str, made: PlanChange, unknown: bool, planned: Any) -> None:
    configuration = ir(res("a", config={"x": 1, "y": {"k": 1}}), uses(consumed))
    news = told(at(configuration, THERE), made)
    wanted = ref("a", consumed.partition("@")[2])
    assert news.unknown == ({wanted} if unknown else NONE)
    assert {str(r.path[0]): v for r, v in news.planned.items()} == planned
    assert bool(news) is bool(unknown or planned)
    assert not news.survived


def test_a_part_of_a_value_is_kept_whole() -> None:
    """Where something is unknown the old value stays visible, in maps and in lists alike."""
    deep = ref("a", "y", "k")
    after = {"y": {"k": 9, "list": [1, None]}}
    hidden = {"y": {"l": True, "list": [False, True]}}
    there = state(thing("a", y={"k": 1, "l": 2, "list": [0, 7]}), "user")
    news = told(at(consuming(deep), there), change("a", "update", after, hidden))
    assert news.planned == {deep: {"k": 9, "list": [1, 7], "l": 2}}


def consuming(reference: Ref) -> IR:
    return ir(res("a"), res("user", Derived((reference,), "x")))


def test_what_is_decided_or_held_is_not_looked_at_again() -> None:
    configuration = ir(res("a", config={"x": 1}), uses("a@x"), res("h", pending("b"), config={"x": 1}), res("b"))
    position = at(configuration, state(thing("a", x=1), "h", "user"))
    made = change("a", "update", {"x": 2})
    assert told(position, made, decided=frozenset({ref("a", "x")})) == News()
    assert ref("h", "x") not in told(position, made, change("h", "update", {"x": 2})).planned


def test_a_value_that_is_not_trusted_is_not_told_twice() -> None:
    position = at(A, THERE, unknown=["a@x"])
    assert not told(position, change("a", "update", {}, {"x": True}))


def test_what_a_plan_marks_is_secret() -> None:
    made = change("a", "update", {"x": 2}, after_sensitive={"x": True})
    assert told(at(A, THERE), made).marks == {"p.t.a": (("x",),)}


def test_what_the_refresh_found_without_a_change_in_the_plan() -> None:
    drifted = state(thing("a", x=5, sensitive=[("y",)]), "user")
    news = told(at(A, THERE), refreshed=drifted)
    assert (news.planned, news.marks) == ({ref("a", "x"): 5}, {"p.t.a": (("y",),)})
    assert told(at(A, THERE), refreshed=state("user")).unknown == {ref("a", "x")}


def test_recovery_asks_what_survives() -> None:
    """Nothing is trusted: what the plan leaves as it is survives; unknown is what it was."""
    position = at(ir(res("a"), uses("a@x", "a@id")), THERE, ledger={"only": frozenset()})
    news = told(position, change("a", "update", {"id": "id-a"}, {"x": True}))
    assert news.survived == {ref("a", "id")}
    assert news.unknown == NONE


@pytest.mark.parametrize(
    ("consumed", "summary", "hint"),
    [("a@xx", "No such attribute", "Did you mean `x`?"), ("a@zzzzz", "No such attribute", "It has: id, x.")],
)
def test_an_attribute_that_does_not_exist(consumed: str, summary: str, hint: str) -> None:
    position = at(ir(res("a"), res("user", pending(consumed), depends_on=[])), state(thing("a", x=1)))
    with pytest.raises(NivisError) as caught:
        told(position)
    assert (caught.value.diagnostics[0].summary, caught.value.diagnostics[0].hint) == (summary, hint)
    assert caught.value.diagnostics[0].address == "p.t.user"


def test_an_element_that_does_not_exist() -> None:
    position = at(consuming(ref("a", "x", 3)), state(thing("a", x=[1])))
    with pytest.raises(NivisError, match="No such element"):
        told(position)


@pytest.mark.parametrize(
    ("mask", "path", "expected"),
    [
        (True, ("a",), True),
        (False, ("a",), False),
        ({"a": True}, ("a", "b"), True),
        ({"a": {"b": True}}, ("a",), True),
        ({"a": {"b": True}}, ("a", "c"), False),
        ({"a": [False, True]}, ("a", 0), False),
        ({"a": [False, True]}, ("a", 1), True),
        ({"a": [False, True]}, ("a", 7), False),
        ({}, (), False),
    ],
)
def test_an_unknown_mask(mask: Any, path: tuple[str | int, ...], expected: bool) -> None:
    assert is_unknown(mask, path) is expected


@pytest.mark.parametrize(
    ("consumed", "acted", "outputs", "there", "looked"),
    [
        ("a@x", ["update a"], {}, THERE, True),
        ("a@x", ["noop a"], {}, THERE, False),
        ("a@x", ["move a from t.b"], {}, THERE, False),
        ("a@x", ["update other"], {}, THERE, False),
        ("a@x", ["update t.a[0]"], {}, THERE, True),
        ("a@new", ["create a"], {}, state(), False),
        ("a@x", ["create a"], {}, state(), True),
        ("a@new", ["import a"], {}, state(), False),
        ("module.m@net", ["update module.m.t.x"], {}, state(), False),
        ("module.m@net", [], {MODULE_OUTPUT + "m": "update"}, state(), True),
        ("module.m@net", [], {"other": "update"}, state(), False),
    ],
    ids=[
        "changed",
        "as it is",
        "moved",
        "something else",
        "an instance",
        "new and not configured",
        "new and configured",
        "imported without an action",
        "what lies in a module",
        "a module's outputs",
        "another output",
    ],
)
def test_what_needs_a_look(consumed: str, acted: list[str], outputs: dict[str, str], there: Any, looked: bool) -> None:
    configuration = ir(res("a", config={"x": 1}), res("module.m"), uses(consumed))
    position = at(configuration, there)
    assert bool(changed_consumed(position, cut(position), plan(*acted, outputs=outputs), NONE)) is looked


def test_what_is_imported_was_read() -> None:
    position = at(ir(res("a"), uses("a@x")))
    imported = PlanResult((Planned("t.a", "update", importing_id="i-1"),), (), {}, ())
    assert changed_consumed(position, cut(position), imported, NONE) == [ref("a", "x")]


def test_the_outputs_of_a_module_are_one_object() -> None:
    after = {"v": {"net": "n", "secret": "s"}, "s": {"secret": True, "net": False}}
    found = module_changes(
        {
            MODULE_OUTPUT + "m": Change(("update",), after=after, after_unknown={"v": {"later": True}}),
            MODULE_OUTPUT + "gone": Change(("delete",)),
            "o": Change(("update",)),
        }
    )
    assert found.keys() == {"module.m", "module.gone"}
    one = found["module.m"]
    assert (one.after, one.after_unknown, one.after_sensitive) == (after["v"], {"later": True}, {"secret": True})
    assert found["module.gone"].after == {}


@pytest.mark.parametrize(
    ("configuration", "there", "expected"),
    [
        (ir(res("a"), res("b", pending("a"))), state(), True),
        (ir(res("a"), res("b", pending("a"))), state("a"), False),
        (ir(res("a", config={"x": 1}), res("b", pending("a@x"))), state(), False),
        (ir(res("data.p.t.d"), res("b", pending("data.p.t.d"))), state(), False),
        (ir(res("a"), extra={"import": [{"to": "t.a", "id": "x"}]}), state(), False),
        (ir(res("a"), extra={"moved": []}), state(), False),
        (ir(res("a"), foreign={"t.x": frozenset()}), state(), False),
        (ir(res("a"), res("b", pending("gone"))), state(), True),
    ],
    ids=["empty", "not empty", "configured", "data", "an import", "a rename", "joined", "of nothing declared"],
)
def test_the_first_phase_goes_straight(configuration: IR, there: Any, expected: bool) -> None:
    assert straight(at(configuration, there)) is expected


def test_data_is_read_in_the_phase_that_it_is_in() -> None:
    configuration = ir(res("data.p.t.d"), res("b", pending("data.p.t.d")))
    position = at(configuration)
    assert reads_data(configuration, cut(position))
    held = ir(res("a"), res("data.p.t.d", pending("a")), res("b", pending("data.p.t.d")))
    assert not reads_data(held, cut(at(held)))


def test_what_is_learnt() -> None:
    ledger = Ledger(unknown=frozenset({ref("a")}), planned={"p.t.a": {"x": 1}})
    news = News(frozenset({ref("b")}), {ref("a", "y"): 2, ref("c", "z"): 3}, frozenset(), {"p.t.a": (("x",),)})
    found = learn(ledger, news)
    assert found.unknown == {ref("a"), ref("b")}
    assert found.planned == {"p.t.a": {"x": 1, "y": 2}, "p.t.c": {"z": 3}}
    assert found.marks == {"p.t.a": (("x",),)}
    assert found.only is None
    assert learn(distrusting(found), News(survived=frozenset({ref("c")}))).only == frozenset({ref("c")})
    assert (distrusting(found).unknown, distrusting(found).planned) == (NONE, {})


def test_what_a_refresh_found() -> None:
    position = at(A, THERE)
    assert found_by_refresh(position, THERE) is None
    assert found_by_refresh(position, state("user")) is None  # what was deleted outside stays visible
    other = found_by_refresh(position, state(thing("a", x=7)))
    assert other is not None
    assert other.lookup(ref("a", "x")) == (True, 7)
    assert other.lookup(ref("user")) == (True, "id-user")
