"""What one phase takes, from literals: included, held, frozen, excluded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.model import Part, Provider
from nivis_tofu.ir.values import Expr
from nivis_tofu.run.decide.held import above, creates_first, cut, managed, stored_address, wanted_to_destroy
from nivis_tofu.run.decide.position import Position
from tests.support.situation import at, ir, known, moved, pending, ref, res, state, thing

A = res("a")
B = res("b", pending("a"))
C = res("c", ref("b"))
JOINED = {"t.old": frozenset({"t.b"}), "local.x": frozenset({"t.old"}), "output.o": frozenset({"local.x"})}

CASES: list[tuple[str, Position, dict[str, set[str]]]] = [
    ("nothing waits", at(ir(A, res("b", ref("a")))), {"include": {"p.t.a", "p.t.b"}}),
    ("a pending value is held", at(ir(A, B)), {"include": {"p.t.a"}, "held": {"p.t.b"}}),
    ("and what refers to it", at(ir(A, B, C)), {"include": {"p.t.a"}, "held": {"p.t.b", "p.t.c"}}),
    ("a computed value is in", at(ir(A, res("b", known("x", "a")))), {"include": {"p.t.a", "p.t.b"}}),
    (
        "dependsOn what waits",
        at(ir(A, B, res("c", depends_on=["b"]))),
        {"include": {"p.t.a"}, "held": {"p.t.b", "p.t.c"}},
    ),
    (
        "the text of an expression names what waits",
        at(ir(A, B, res("c", Expr(("${t.b.id}",))))),
        {"include": {"p.t.a"}, "held": {"p.t.b", "p.t.c"}},
    ),
    (
        "a local value that waits",
        at(ir(A, res("c", Expr(("${local.x}",))), extra={"locals": {"x": pending("a")}})),
        {"include": {"p.t.a"}, "held": {"p.t.c"}, "left_out": {"local.x"}},
    ),
    (
        "what is held and in the state is frozen",
        at(ir(A, B), state("a", thing("b", "a"))),
        {"include": {"p.t.a"}, "held": {"p.t.b"}, "frozen": {"p.t.b"}, "exclude": {"t.b"}},
    ),
    (
        "what is held and new is excluded from nothing",
        at(ir(A, B, C), state("a", thing("b", "a"))),
        {"include": {"p.t.a"}, "held": {"p.t.b", "p.t.c"}, "frozen": {"p.t.b"}, "exclude": {"t.b"}},
    ),
    (
        "something frozen that was renamed has its old address",
        at(ir(A, res("new", pending("a")), extra=moved("t.new", "t.old")), state("a", "old")),
        {"include": {"p.t.a"}, "held": {"p.t.new"}, "frozen": {"p.t.new"}, "exclude": {"t.old"}},
    ),
    (
        "a rename that was applied before",
        at(ir(A, res("new", pending("a")), extra=moved("t.new", "t.old")), state("a", "new")),
        {"include": {"p.t.a"}, "held": {"p.t.new"}, "frozen": {"p.t.new"}, "exclude": {"t.new"}},
    ),
    (
        "several instances are frozen by the address without keys",
        at(ir(A, res("many", pending("a"))), state("a", thing("many[0]"), thing('many["k"]'))),
        {"include": {"p.t.a"}, "held": {"p.t.many"}, "frozen": {"p.t.many"}, "exclude": {"t.many"}},
    ),
    (
        "a module call that waits is frozen as a whole",
        at(ir(A, res("module.m", pending("a"))), state("a", thing("module.m.t.x"), thing("module.m.module.n.t.y"))),
        {"include": {"p.t.a"}, "held": {"module.m"}, "frozen": {"module.m"}, "exclude": {"module.m"}},
    ),
    (
        "data that waits",
        at(ir(A, res("data.p.t.d", pending("a"))), state("a", thing("data.t.d"))),
        {"include": {"p.t.a"}, "held": {"data.p.t.d"}, "frozen": {"data.p.t.d"}, "exclude": {"data.t.d"}},
    ),
    ("an orphan just goes", at(ir(A), state("a", "gone")), {"include": {"p.t.a"}, "orphans": {"t.gone"}}),
    (
        "an orphan that something frozen still needs stays as long",
        at(ir(A, B), state("a", thing("b", "gone"), "gone", "other")),
        {
            "include": {"p.t.a"},
            "held": {"p.t.b"},
            "frozen": {"p.t.b"},
            "orphans": {"t.gone", "t.other"},
            "needed": {"t.gone"},
            "exclude": {"t.b", "t.gone"},
        },
    ),
    (
        "an orphan of a pending provider is no longer one that is only needed",
        at(
            ir(A, B, providers={"q": {"u": pending("a")}}),
            state("a", thing("b", "gone"), thing("gone", provider="q")),
        ),
        {
            "include": {"p.t.a"},
            "held": {"p.t.b"},
            "frozen": {"p.t.b"},
            "pending_providers": {"q"},
            "orphans": {"t.gone"},
            "exclude": {"t.b", "t.gone"},
        },
    ),
    (
        "also through another orphan",
        at(ir(A, B), state("a", thing("b", "mid"), thing("mid", "far"), "far")),
        {
            "include": {"p.t.a"},
            "held": {"p.t.b"},
            "frozen": {"p.t.b"},
            "orphans": {"t.mid", "t.far"},
            "needed": {"t.mid", "t.far"},
            "exclude": {"t.b", "t.mid", "t.far"},
        },
    ),
    (
        "while a group is pending every orphan may be a member of it",
        at(ir(A, groups={"g": ["a"]}), state("a", "member", "other")),
        {"include": {"p.t.a"}, "orphans": {"t.member", "t.other"}, "exclude": {"t.member", "t.other"}},
    ),
    (
        "whoever names a member of a pending group waits for it",
        at(ir(A, res("b", depends_on=["member"]), groups={"g": ["a"]})),
        {"include": {"p.t.a"}, "held": {"p.t.b"}},
    ),
    (
        "a provider whose configuration is not known holds its resources",
        at(ir(A, res("q.t.b"), providers={"q": {"url": ref("a")}})),
        {"include": {"p.t.a"}, "held": {"q.t.b"}, "pending_providers": {"q"}},
    ),
    (
        "one that is known does not",
        at(ir(A, res("q.t.b"), providers={"q": {"url": ref("a")}}), state("a")),
        {"include": {"p.t.a", "q.t.b"}},
    ),
    (
        "an orphan of a pending provider cannot be destroyed yet",
        at(ir(A, providers={"q": {"url": pending("a")}}), state("a", thing("gone", provider="q"), "other")),
        {"include": {"p.t.a"}, "pending_providers": {"q"}, "orphans": {"t.gone", "t.other"}, "exclude": {"t.gone"}},
    ),
    (
        "nor while what its provider is configured from is held",
        at(ir(A, B, providers={"q": {"url": ref("b")}}), state("a", "b", thing("gone", provider="q"))),
        {
            "include": {"p.t.a"},
            "held": {"p.t.b"},
            "frozen": {"p.t.b"},
            "orphans": {"t.gone"},
            "exclude": {"t.b", "t.gone"},
        },
    ),
    (
        "a module that uses a pending provider",
        at(
            ir(
                A,
                res("module.m", module_providers={"q": "q"}),
                providers={"q": {"url": pending("a")}},
            )
        ),
        {"include": {"p.t.a"}, "held": {"module.m"}, "pending_providers": {"q"}},
    ),
    (
        "what a joined root module has is no orphan, and waits with what it refers to",
        at(ir(A, B, foreign=JOINED), state("a", "old")),
        {
            "include": {"p.t.a"},
            "held": {"p.t.b"},
            "left_out": {"t.old", "local.x", "output.o"},
            "exclude": {"t.old"},
        },
    ),
    (
        "a joined root module that waits for nothing",
        at(ir(A, foreign={"t.old": frozenset({"t.a"})}), state("a", "old")),
        {"include": {"p.t.a"}},
    ),
    (
        "an import whose id is not known",
        at(ir(A, res("b"), extra={"import": [{"to": "t.b", "id": pending("a")}]})),
        {"include": {"p.t.a"}, "held": {"p.t.b"}},
    ),
    (
        "what is not selected is left alone, with what it depends on",
        at(ir(A, unselected={"t.off": "p.t.off"}), state("a", thing("off", "gone"), "gone", "other")),
        {
            "include": {"p.t.a"},
            "orphans": {"t.gone", "t.other"},
            "needed": {"t.gone"},
            "exclude": {"t.off", "t.gone"},
            "unselected": {"t.off", "t.gone"},
        },
    ),
    (
        "what is not selected and does not exist needs no exclusion",
        at(ir(A, unselected={"t.off": "p.t.off"}), state("a")),
        {"include": {"p.t.a"}},
    ),
    (
        "unless the files of a joined root module have it",
        at(ir(A, foreign={"t.off": frozenset()}, unselected={"t.off": "t.off"}), state("a")),
        {"include": {"p.t.a"}, "unselected": {"t.off"}, "exclude": {"t.off"}},
    ),
    (
        "instances that the run is not about",
        at(ir(res("many"), parts={"t.many": Part(only=("t.many[0]",))}), state(thing("many[0]"), thing("many[1]"))),
        {"include": {"p.t.many"}, "unselected": {"t.many[1]"}, "exclude": {"t.many[1]"}},
    ),
    (
        "instances that are left out by name",
        at(
            ir(res("many"), parts={"t.many": Part(without=('t.many["k"]',))}),
            state(thing('many["k"]'), thing('many["l"]')),
        ),
        {"include": {"p.t.many"}, "unselected": {'t.many["k"]'}, "exclude": {'t.many["k"]'}},
    ),
    (
        "a deposed object of something frozen",
        at(ir(A, B), state("a", "b", thing("b", deposed="abc"))),
        {"include": {"p.t.a"}, "held": {"p.t.b"}, "frozen": {"p.t.b"}, "exclude": {"t.b"}},
    ),
    (
        "what is left of an orphan is one object that is deposed",
        at(ir(A), state("a", thing("gone", deposed="abc"))),
        {"include": {"p.t.a"}, "orphans": {"t.gone"}},
    ),
]


@pytest.mark.parametrize(("position", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_phase_takes(position: Position, expected: dict[str, set[str]]) -> None:
    found = cut(position)
    names = ("include", "held", "frozen", "exclude", "pending_providers", "orphans", "needed", "left_out", "unselected")
    assert {n: set(getattr(found, n)) for n in names if getattr(found, n)} == expected
    assert found.whole is not bool(expected.keys() & {"held", "left_out"} or found.exclude - found.unselected)


def test_what_goes_first_is_not_excluded() -> None:
    position = at(ir(A, B, res("c", pending("a"))), state("a", "b", "c"))
    found = cut(position, first=["p.t.b", "p.t.other"])
    assert found.frozen == {"p.t.b", "p.t.c"}
    assert found.first == {"p.t.b"}
    assert found.exclude == {"t.c"}


def test_the_name_of_a_provider_is_another_one_for_terraform() -> None:
    configuration = ir(A, providers={"q": {"url": pending("a")}})
    q = Provider("q", "x/q", "", configuration.providers["q"].config)
    configuration = replace(configuration, providers={**configuration.providers, "q": q})
    there = state("a", thing("gone", provider="q"))
    assert cut(at(configuration, there)).exclude == {"t.gone"}
    assert cut(at(configuration, there, kind="terraform")).exclude == set()


def test_a_cycle_is_told_by_name() -> None:
    with pytest.raises(IRError) as caught:
        cut(at(ir(res("a", ref("b")), res("b", ref("a")))))
    assert caught.value.diagnostics[0].summary == "Dependency cycle"
    assert "p.t.a -> p.t.b -> p.t.a" in caught.value.diagnostics[0].detail


@pytest.mark.parametrize(
    ("resources", "there", "expected"),
    [
        ([res("a", create_before_destroy=True), res("b", ref("a"))], state(), {"p.t.a"}),
        ([res("a"), res("b", ref("a"), create_before_destroy=True)], state(), {"p.t.a", "p.t.b"}),
        ([res("a")], state("a", thing("gone", "a", first=True)), {"p.t.a"}),
        ([res("a")], state("a", thing("gone", "a")), set()),
        ([res("a"), res("b", ref("a"))], state(thing("a", first=True)), set()),
        ([res("a"), res("b", create_before_destroy=True)], state("a", thing("b", "a")), {"p.t.a", "p.t.b"}),
        ([res("a"), res("b")], state("a", thing("b", "a")), set()),
    ],
    ids=[
        "its own wish",
        "forced on what is above",
        "by an orphan",
        "an orphan without",
        "once declared it decides",
        "forced on what was above",
        "an old dependant without",
    ],
)
def test_created_before_destroyed(resources: list[Any], there: Any, expected: set[str]) -> None:
    assert creates_first(ir(*resources), there) == expected


@pytest.mark.parametrize(
    ("there", "expected"),
    [(state(), "t.new"), (state("old"), "t.old"), (state("new"), "t.new"), (state("old", "new"), "t.new")],
)
def test_where_the_state_has_what_was_renamed(there: Any, expected: str) -> None:
    assert stored_address(ir(res("new"), extra=moved("t.new", "t.old")), there, "t.new") == expected
    assert stored_address(ir(res("new"), extra=moved("t.new", "t.mid", "t.old")), there, "t.new") == expected


def test_what_a_destroy_needs_of_the_configuration() -> None:
    provisioned = res("b", ref("a"), config={"provisioner": []})
    assert wanted_to_destroy(ir(A, provisioned, res("c"))) == {"p.t.a", "p.t.b"}
    assert wanted_to_destroy(ir(A, res("module.m", ref("a")), res("c"))) == {"p.t.a", "module.m"}
    assert wanted_to_destroy(ir(A, res("c"), providers={"q": {"u": Expr(("${t.a.id}",))}})) == {"p.t.a"}
    assert wanted_to_destroy(ir(A, res("c"), foreign={"t.old": frozenset()})) == {"p.t.a", "p.t.c"}
    assert wanted_to_destroy(ir(A, res("c"))) == set()


def test_what_is_counted() -> None:
    configuration = ir(A, res("data.p.t.d"), res("module.m"), foreign={"t.old": frozenset()})
    there = state("a", "old", "gone", thing("module.m.t.x[0]"), thing("module.m.t.x[1]"), thing("module.m.data.t.y"))
    assert managed(configuration, there) == {"t.a", "t.old", "module.m.t.x"}


def test_what_is_above_in_the_configuration_or_in_the_state() -> None:
    configuration = ir(A, res("b", ref("a")), res("c", ref("b")))
    assert above(configuration, state(thing("c", "gone")), ["p.t.c"]) == {"p.t.c": {"t.b", "t.a", "t.gone"}}
    assert above(configuration, state(), ["p.t.a"]) == {"p.t.a": set()}
