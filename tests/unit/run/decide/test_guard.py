"""What a phase may do, from literals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nivis_tofu.ir.model import IR
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.decide.guard import guard
from tests.support.situation import ir, moved, planned, ref, res

CONFIGURATION = ir(
    res("a"), res("b", ref("a")), res("many"), res("module.m"), res("member", given=["a"]), extra=moved("t.b", "t.old")
)
TOLD = Announced({"t.a": "update", "t.b": "replace", "t.gone": "delete", "t.many[0]": "replace", "t.new": "create"})
STRICT = replace(TOLD, strict=True)
GROUPS = replace(TOLD, groups=True)
OPEN = replace(TOLD, open_=frozenset({"t.maybe"}))

CASES: list[tuple[str, Announced, str, tuple[str, ...], str]] = [
    ("as announced", TOLD, "update a", (), ""),
    ("a replacement as announced", TOLD, "replace b", (), ""),
    ("an orphan as announced", TOLD, "delete gone", (), ""),
    ("an orphan that is only forgotten", TOLD, "forget gone", (), ""),
    ("less than was announced", TOLD, "update b", (), ""),
    ("nothing at all", TOLD, "noop a", (), ""),
    ("a read", STRICT, "read data.t.d", (), ""),
    ("a rename", STRICT, "move b from t.old", (), ""),
    ("what is declared is deleted", TOLD, "delete a", (), "would delete it, although it is still"),
    ("what is declared is forgotten", TOLD, "forget a", (), "would forget it, although it is still"),
    ("although a replacement was announced", TOLD, "delete b", (), "would delete it, although it is still"),
    ("unless it goes first", TOLD, "delete b", ("t.b",), ""),
    ("under the name that it had", TOLD, "delete old", ("t.old",), ""),
    ("one instance of several", TOLD, "delete t.many[0]", (), ""),
    ("another instance", TOLD, "delete t.many[1]", (), "would delete it; announced was: noop"),
    ("an instance is replaced as announced", TOLD, "replace t.many[0]", (), ""),
    ("what lies in a module", TOLD, "delete module.m.t.x", (), "would delete it; announced was: noop"),
    ("an update becomes a replacement", TOLD, "replace a", (), "would replace it; announced was: update"),
    ("an orphan nobody was told of", TOLD, "delete other", (), "would delete it; announced was: noop"),
    ("an orphan nobody was told of is forgotten", TOLD, "forget other", (), "would forget it; announced was: noop"),
    ("a new resource", TOLD, "create fresh", (), ""),
    ("a new resource, by an approved plan", STRICT, "create fresh", (), "would create it; announced was: noop"),
    ("an announced one, by an approved plan", STRICT, "create new", (), ""),
    ("the second half of a replacement", STRICT, "create b", (), ""),
    ("a change, by an approved plan", STRICT, "update many", (), "would update it; announced was: noop"),
    ("a milder change, by an approved plan", STRICT, "update b", (), ""),
    ("a member of a group that was pending", GROUPS, "create member", (), ""),
    ("such a member is replaced", GROUPS, "replace member", (), ""),
    ("not by an approved plan", replace(GROUPS, strict=True), "replace member", (), "would replace it"),
    ("nor after it was acted on", replace(GROUPS, done=frozenset({"t.member"})), "replace member", (), "already"),
    ("created by an approved plan with groups", replace(GROUPS, strict=True), "create member", (), ""),
    ("a member where no group was pending", TOLD, "replace member", (), "would replace it; announced was: noop"),
    ("what nobody could tell", OPEN, "delete maybe", (), ""),
    ("not by an approved plan either", replace(OPEN, strict=True), "delete maybe", (), "would delete it"),
    ("an approved plan covers its creation", replace(OPEN, strict=True), "create maybe", (), ""),
    ("what goes first is not compared", STRICT, "replace a", ("t.a",), ""),
]


@pytest.mark.parametrize(("told", "made", "going", "why"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_guard_says(told: Announced, made: str, going: tuple[str, ...], why: str) -> None:
    found = guard(CONFIGURATION, [planned(made)], told, going=going)
    assert len(found) is (1 if why else 0)
    if why:
        assert found[0].summary == "The engine's plan is not what was announced"
        assert why in found[0].detail
        assert "Nothing of this phase was applied" in found[0].detail


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = guard(CONFIGURATION, [planned("delete a"), planned("update b"), planned("delete other")], TOLD)
    assert [d.address for d in found] == ["p.t.a", "t.other"]


def test_a_configuration_without_anything() -> None:
    empty: IR = ir()
    assert [d.address for d in guard(empty, [planned("delete a")], Announced())] == ["t.a"]
    assert guard(empty, [planned("delete a")], Announced({"t.a": "delete"})) == ()
