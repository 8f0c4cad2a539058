"""What --target and --exclude mean, from literals."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.model import IR, Part
from nivis_tofu.run.decide.select import Patterns, Selection, check, strays
from tests.support.situation import ir, known, moved, ref, res, state, thing

A, B, C = res("a"), res("b", ref("a")), res("c", known(1, "b"))
CHAIN = ir(A, B, C, res("d"))
OUTPUTS = ir(A, B, outputs={"oa": ref("a"), "ob": ref("b"), "plain": 1})
GROUPS = ir(A, B, res("d"), groups={"g": ["a"], "h": ["d"]})
MANY = ir(A, res("many", ref("a")), res("user", ref("many")), res("module.m"))


def restrict(configuration: IR, there: Any = None, *, targets: Any = (), excludes: Any = ()) -> IR:
    return Selection(tuple(targets), tuple(excludes)).restrict(configuration, there or state(), {})


CASES: list[tuple[str, IR, Any, list[str], list[str], list[str]]] = [
    ("a target brings what it depends on", CHAIN, state(), ["p.t.b"], [], ["a", "b"]),
    ("by its address", CHAIN, state(), ["t.b"], [], ["a", "b"]),
    ("several", CHAIN, state(), ["t.a", "t.d"], [], ["a", "d"]),
    ("a pattern", CHAIN, state(), ["*.b"], [], ["a", "b"]),
    ("a value that Nix computes counts as well", CHAIN, state(), ["p.t.c"], [], ["a", "b", "c"]),
    ("an exclusion takes what depends on it", CHAIN, state(), [], ["p.t.b"], ["a", "d"]),
    ("both", CHAIN, state(), ["p.t.c", "p.t.d"], ["p.t.b"], ["a", "d"]),
    ("a group brings its inputs", GROUPS, state(), ["g"], [], ["a"]),
    ("an excluded input takes its group", GROUPS, state(), [], ["p.t.a"], ["d"]),
    ("what nobody knows may be a member of a group", GROUPS, state(), ["p.t.maybe"], [], ["a", "d"]),
    ("one that was renamed twice", ir(A, res("new"), extra=moved("t.new", "t.mid", "t.old")), state("a", "old"), ["t.old"], [],
     ["new"]),
    ("a renamed resource by its old address", ir(A, res("new"), extra=moved("t.new", "t.old")), state(), ["t.old"], [],
     ["new"]),
    ("an orphan as a target leaves all else", CHAIN, state("gone"), ["p.t.gone"], [], []),
    ("members of a known group by its name", ir(A, res("m", groups=["g"]), res("n", groups=["g"])), state(), ["g"], [],
     ["m", "n"]),
    ("an instance as a target brings what it needs", MANY, state(thing("many[0]")), ["t.many[0]"], [], ["a", "many"]),
    ("an excluded instance takes what depends on its resource", MANY, state(), [], ["t.many[0]"],
     ["a", "many", "module.m"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("configuration", "there", "targets", "excludes", "kept"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_selected(
    configuration: IR, there: Any, targets: list[str], excludes: list[str], kept: list[str]
) -> None:
    found = restrict(configuration, there, targets=targets, excludes=excludes)
    assert {i.removeprefix("p.t.") for i in found.resources} == set(kept)
    left = configuration.resources.keys() - found.resources.keys()
    assert left <= set(found.unselected.values())


@pytest.mark.parametrize(
    ("there", "targets", "excludes", "unselected"),
    [
        (state("gone"), ["t.a"], [], {"t.gone"}),
        (state("gone"), ["t.a", "p.t.gone"], [], set()),
        (state("gone"), [], ["p.t.gone"], {"t.gone"}),
        (state("gone"), [], ["t.d"], set()),
    ],
)
def test_orphans_are_selected_like_all_else(
    there: Any, targets: list[str], excludes: list[str], unselected: set[str]
) -> None:
    found = restrict(CHAIN, there, targets=targets, excludes=excludes)
    assert found.unselected.keys() - CHAIN.by_address.keys() == unselected


def test_orphans_stay_while_a_group_is_left_out() -> None:
    assert "t.gone" in restrict(GROUPS, state("gone"), excludes=["p.t.a"]).unselected
    assert "t.gone" not in restrict(GROUPS, state("gone"), excludes=["p.t.b"]).unselected


@pytest.mark.parametrize(
    ("targets", "excludes", "parts"),
    [
        (["t.many[0]"], [], {"t.many": Part(("t.many[0]",), ())}),
        (["t.many[0]", "t.many[1]"], [], {"t.many": Part(("t.many[0]", "t.many[1]"), ())}),
        (["p.t.many[0]"], [], {"t.many": Part(("t.many[0]",), ())}),
        (["t.many[0]", "t.many"], [], {}),
        (["t.many[0]", "t.user"], [], {}),
        ([], ["t.many[0]"], {"t.many": Part((), ("t.many[0]",))}),
        (["module.m.t.x"], [], {"module.m": Part(("module.m.t.x",), ())}),
        ([], ["module.m.t.x[0]"], {"module.m": Part((), ("module.m.t.x[0]",))}),
    ],
    ids=["one", "two", "by its id", "and all of them", "and what needs all", "all but one", "in a module", "but one"],
)
def test_instances(targets: list[str], excludes: list[str], parts: dict[str, Part]) -> None:
    assert restrict(MANY, targets=targets, excludes=excludes).parts == parts


def test_outputs_and_blocks_that_refer_to_what_is_left_out_go_too() -> None:
    found = restrict(OUTPUTS, targets=["t.a"])
    assert found.outputs.keys() == {"oa", "plain"}
    extra = {"import": [{"to": "t.b", "id": "x"}, {"to": "t.a", "id": "y"}], "locals": {"x": ref("b"), "y": 1}}
    found = restrict(ir(A, B, extra=extra), targets=["t.a"])
    assert found.extra == {"import": [{"to": "t.a", "id": "y"}], "locals": {"y": 1}}
    single = {"moved": {"from": "t.old", "to": "t.b"}, "check": 1}
    found = restrict(ir(A, B, extra=single), targets=["t.a"])
    assert found.extra == {"check": 1}
    assert found.unselected == {"t.b": "p.t.b", "t.old": "p.t.b"}


def test_a_provider_that_only_what_is_left_out_can_use() -> None:
    configuration = ir(A, res("q.t.x"), providers={"q": {"url": ref("a")}})
    assert restrict(configuration, excludes=["p.t.a"]).providers["q"].config == {}
    assert restrict(configuration, targets=["q.t.x"]).providers["q"].config == {"url": ref("a")}


def test_of_a_joined_root_module_nothing_is_taken_out() -> None:
    joined = {"t.f": frozenset({"t.a"}), "t.g": frozenset({"t.f"})}
    found = restrict(ir(A, foreign=joined), targets=["t.f"])
    assert found.foreign == joined
    assert found.unselected == {"t.g": "t.g"}


def test_nothing_selected_is_everything() -> None:
    assert restrict(CHAIN) is CHAIN
    assert not Selection()


@pytest.mark.parametrize(
    ("targets", "excludes", "going", "parts"),
    [
        ([], [], {"t.a", "t.b", "t.c", "t.d", "t.gone"}, {}),
        (["t.b"], [], {"t.b", "t.c"}, {}),
        ([], ["t.b"], {"t.c", "t.d", "t.gone"}, {}),
        (["t.a"], ["t.c"], set(), {}),
        (["p.t.gone"], [], {"t.gone", "t.d"}, {}),
    ],
    ids=["everything", "a target takes what needs it", "an exclusion keeps what it needs", "both", "an orphan"],
)
def test_what_a_destroy_is_about(targets: list[str], excludes: list[str], going: set[str], parts: Any) -> None:
    there = state("a", thing("b", "a"), thing("c", "b"), thing("d", "gone"), "gone")
    found = Selection(tuple(targets), tuple(excludes)).going(CHAIN, there, {})
    assert found.addresses == going
    assert found.parts == parts


def test_instances_that_a_destroy_takes() -> None:
    there = state("a", thing("many[0]"), thing("many[1]"), thing("module.m.t.x"), thing("module.m.data.t.y"))
    found = Selection(("t.many[1]", "module.m.t.x")).going(MANY, there, {})
    assert found.addresses == {"t.many", "module.m"}
    assert found.instances(there) == {"t.many": ["t.many[1]"], "module.m": ["module.m.t.x"]}
    kept = Selection((), ("t.many[1]",)).going(MANY, there, {})
    assert kept.addresses == {"t.many", "module.m"}
    assert kept.instances(there) == {"t.many": ["t.many[0]"]}


def test_strays() -> None:
    only = ir(res("many"), parts={"t.many": Part(("t.many[0]",))})
    assert strays(only, ["t.many[0]", "t.many[1]", "t.other"]) == {"t.many[1]"}
    assert strays(MANY, ["t.many[0]"]) == frozenset()


@pytest.mark.parametrize(
    ("selection", "replaced", "summary", "hint"),
    [
        (Selection(("p.t.aa",)), [], "--target names nothing", "Did you mean `p.t.a`?"),
        (Selection((), ("zzzzzz",)), [], "--exclude names nothing", "`nivis plan --all` lists what there is."),
        (Selection(), ["x.y"], "--replace names nothing", ""),
    ],
)
def test_what_names_nothing_is_refused(selection: Selection, replaced: list[str], summary: str, hint: str) -> None:
    with pytest.raises(NivisError) as caught:
        check(Patterns(CHAIN, state(), {}), selection, replaced)
    assert caught.value.diagnostics[0].summary == summary
    assert hint in caught.value.diagnostics[0].hint


def test_what_may_still_come_is_not_refused() -> None:
    check(Patterns(GROUPS, state(), {}), Selection(("p.t.later",)), ["p.t.later"])
    check(Patterns(CHAIN, state("gone"), {"t.gone": "old.t.gone"}), Selection(("old.t.gone", "t.gone", "t.a[0]")), [])
