"""In which phase a change comes, and what it waits for."""

from __future__ import annotations

import pytest

from nivis_tofu.ir.values import Expr
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.schedule import Schedule, Turn, doubtful, surviving
from nivis_tofu.tofu.documents import PlanChange
from tests.support.situation import at, ir, known, pending, ref, res, state, thing

A, B = res("a"), res("b", pending("a"))
C = res("c", ref("b"))
D = res("d", pending("c", "a@x"))
LATER = Turn(2, ("p.t.a.id",))

CASES: list[tuple[str, Position, dict[str, Turn]]] = [
    ("at once", at(ir(A, res("n", ref("a")))), {"t.a": Turn(), "t.n": Turn(), "t.other": Turn()}),
    ("a value that Nix computes", at(ir(A, B)), {"t.a": Turn(), "t.b": LATER}),
    ("what refers to that has nothing of its own", at(ir(A, B, C)), {"t.c": Turn(2)}),
    ("a chain", at(ir(A, B, C, D)), {"t.d": Turn(3, ("p.t.c.id",))}),
    (
        "an import whose id waits",
        at(ir(A, res("i"), extra={"import": [{"to": "t.i", "id": pending("a")}]})),
        {"t.i": Turn(2)},
    ),
    (
        "a local value that waits",
        at(ir(A, res("l", Expr(("${local.x}",))), extra={"locals": {"x": pending("a")}})),
        {"t.l": Turn(2)},
    ),
    (
        "who names a member of a pending group",
        at(ir(A, B, res("u", depends_on=["member"]), groups={"g": ["b"]})),
        {"t.u": Turn(3)},
    ),
    ("what is known costs nothing", at(ir(A, res("b", known(1, "a"))), state("a")), {"t.b": Turn()}),
    ("what is stale does", at(ir(A, B), state("a", "b"), unknown=["a"]), {"t.b": LATER}),
    (
        "what is known of something that waits itself is not trusted",
        at(ir(A, B, C, D), state("c"), unknown=["a"]),
        {"t.d": Turn(3, ("p.t.c.id",))},
    ),
    ("a configured value is planned", at(ir(res("a", config={"x": 1}), res("b", pending("a@x")))), {"t.b": Turn()}),
    ("a pending group", at(ir(A, B, groups={"g": ["a"], "h": ["b"]})), {"g": LATER, "h": Turn(3, ("p.t.b.id",))}),
    (
        "a provider that waits",
        at(ir(A, res("q.t.c"), providers={"q": {"u": ref("a")}})),
        {"t.c": LATER},
    ),
    ("a module call", at(ir(A, res("module.m", pending("a")))), {"module.m": LATER}),
    (
        "a block of a joined root module",
        at(ir(A, B, foreign={"t.f": frozenset({"t.b"}), "t.g": frozenset()})),
        {"t.f": Turn(2), "t.g": Turn()},
    ),
    ("an orphan that just goes", at(ir(A, B), state("a", "b", "gone"), unknown=["a"]), {"t.gone": Turn()}),
    (
        "an orphan that something frozen needs",
        at(ir(A, B), state("a", thing("b", "gone"), "gone"), unknown=["a"]),
        {"t.gone": Turn(2)},
    ),
    (
        "an orphan while a group is pending",
        at(ir(A, groups={"g": ["a"]}), state("gone")),
        {"t.gone": LATER},
    ),
    (
        "an orphan whose provider waits",
        at(ir(A, providers={"q": {"u": pending("a")}}), state(thing("gone", provider="q"))),
        {"t.gone": LATER},
    ),
    (
        "phases count from the beginning of the run",
        at(ir(A, B), phase=3),
        {"t.a": Turn(3), "t.b": Turn(4, ("p.t.a.id",))},
    ),
]


@pytest.mark.parametrize(("position", "turns"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_turn(position: Position, turns: dict[str, Turn]) -> None:
    schedule = Schedule(position, cut(position))
    assert {name: schedule[name] for name in turns} == turns


def test_an_output_that_survives_costs_nothing() -> None:
    position = at(ir(A, B, res("u", pending("b"))), state("a", "b", "u"), unknown=["a"])
    taken = cut(position)
    of_b = ref("b")
    assert doubtful(position, taken, {"t.u"}) == {of_b}
    assert doubtful(position, taken, {"t.b"}) == frozenset(), "nobody who acts consumes it"
    assert Schedule(position, taken)["t.u"] == Turn(3, ("p.t.b.id",))
    assert Schedule(position, taken, frozenset({of_b}))["t.u"] == Turn(2)


@pytest.mark.parametrize(
    ("action", "after", "unknown", "survives"),
    [
        ("update", "id-b", False, True),
        ("noop", "id-b", False, True),
        ("update", "other", False, False),
        ("update", "id-b", True, False),
        ("replace", "id-b", False, False),
    ],
)
def test_what_a_preview_leaves_as_it_is(action: str, after: str, unknown: bool, survives: bool) -> None:
    position = at(ir(A, B), state("a", "b"))
    actions = {"update": ("update",), "noop": ("no-op",), "replace": ("delete", "create")}[action]
    change = PlanChange(actions, {"id": "id-b"}, {"id": after}, {"id": unknown}, address="t.b")
    assert bool(surviving([ref("b")], position, {"t.b": change})) is survives
    assert not surviving([ref("b")], position, {})
