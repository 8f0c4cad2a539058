"""What is told of a plan, what an announcement covers, and what is left of it when some of it is done."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.engine_name import MODULE_OUTPUT
from nivis_tofu.ir.model import Part
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.values import Build
from nivis_tofu.run.decide.announce import FORBIDDEN, Announced, Teller, destruction
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.select import Going
from nivis_tofu.tofu.messages import Planned
from nivis_tofu.tofu.results import PlanResult
from tests.support.situation import at, ir, moved, pending, plan, ref, res, state, thing

ACTIONS = ("create", "update", "replace", "delete", "forget")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("address", ["a.b", "a.many", 'a.many["k"]'])
def test_what_was_announced_is_done_once(action: str, address: str) -> None:
    told = Announced({"a.b": action, "a.many": action, 'a.many["k"]': action, "a.other": action}, strict=True)
    assert told.covers(told.name(address), action)
    left = told.after([Planned(address, action)])  # type: ignore[arg-type]  # a literal of the parameter
    assert not left.covers(left.name(address), action)
    assert left.covers("a.other", action)


def test_an_instance_that_was_announced_with_the_others_uses_up_its_own_part() -> None:
    left = Announced({"a.many": "replace"}, strict=True).after([Planned("a.many[0]", "replace")])
    assert not left.covers(left.name("a.many[0]"), "replace")
    assert left.covers(left.name("a.many[1]"), "replace")


@pytest.mark.parametrize("steps", [("delete", "create"), ("create", "delete")])
def test_a_replacement_in_two_steps_is_one(steps: tuple[str, str]) -> None:
    left = Announced({"a.b": "replace"}, strict=True)
    for step in steps:
        assert left.covers("a.b", step) or steps[0] == "create"  # a deposed object is removed without being asked for
        left = left.after([Planned("a.b", step)])  # type: ignore[arg-type]  # a literal of the parameter
    assert not any(left.covers("a.b", action) for action in ACTIONS)


@pytest.mark.parametrize("strict", [True, False])
def test_what_was_open_is_so_until_it_was_acted_on(strict: bool) -> None:
    told = Announced({}, frozenset({"a.b"}), strict)
    assert told.covers("a.b", "delete") is not strict
    left = told.after([Planned("a.b", "delete")])
    assert not left.covers("a.b", "delete")
    assert left.covers("a.b", "create")


A, B = res("a"), res("b", pending("a"))
C = res("c", ref("b"))
UNKNOWN = "create terraform_data.nivis_unknown"


def tell(
    position: Position, made: PlanResult | None, seen: PlanResult | None = None, reasons: dict[str, str] | None = None
) -> tuple[Preview, Announced]:
    return Teller(position, cut(position), made, seen, reasons or {}).told()


def shown(line: Line) -> str:
    return " ".join(filter(None, [line.action, line.id, line.note and f"({line.note})", line.previous]))


CASES: list[tuple[str, Position, PlanResult | None, PlanResult | None, list[str], dict[str, str]]] = [
    ("nothing", at(ir(A), state("a")), plan(), None, ["noop p.t.a"], {}),
    ("what waits is created later", at(ir(A, B)), plan("create a"), None, ["create p.t.a", "create p.t.b"],
     {"t.a": "create", "t.b": "create"}),
    ("data that waits is not counted on", at(ir(A, res("data.p.t.d", pending("a")))), plan("create a"), None,
     ["create p.t.a"], {"t.a": "create"}),
    ("the preview tells what becomes of what is frozen", at(ir(A, B), state("a", "b")), plan("update a"),
     plan("update a", "replace b", UNKNOWN), ["update p.t.a", "replace p.t.b"], {"t.a": "update", "t.b": "replace"}),
    ("of what is in the phase its own plan is the truth", at(ir(A, B), state("a", "b")), plan("update a"),
     plan("replace a", "update b"), ["update p.t.a", "update p.t.b"], {"t.a": "update", "t.b": "update"}),
    ("the preview alone", at(ir(A, B)), None, plan("create a", "create b"), ["create p.t.a", "create p.t.b"],
     {"t.a": "create", "t.b": "create"}),
    ("an orphan", at(ir(A), state("a", "gone")), plan("delete gone"), None, ["noop p.t.a", "delete p.t.gone"],
     {"t.gone": "delete"}),
    ("an orphan by its old name", at(ir(A), state("a", thing("gone")), names={"t.gone": "x.t.gone"}),
     plan("delete gone"), None, ["noop p.t.a", "delete x.t.gone"], {"t.gone": "delete"}),
    ("an orphan that is still needed goes later", at(ir(A, B), state("a", thing("b", "gone"), "gone")),
     plan("update a"), plan("update a", "update b"), ["update p.t.a", "update p.t.b", "delete p.t.gone"],
     {"t.a": "update", "t.b": "update", "t.gone": "delete"}),
    ("an orphan of a pending provider goes later",
     at(ir(A, providers={"q": {"u": pending("a")}}), state("a", thing("gone", provider="q"))), plan("update a"), None,
     ["update p.t.a", "delete q.t.gone"], {"t.a": "update", "t.gone": "delete"}),
    ("an orphan that may be a member of a group is no promise",
     at(ir(A, groups={"g": ["a"]}), state("a", thing("gone", "a"))), plan("update a"), None,
     ["update p.t.a", "unknown g"], {"t.a": "update"}),
    ("one that cannot be is told with a condition", at(ir(A, groups={"g": ["a"]}), state("a", "gone")),
     plan("update a"), None,
     ["update p.t.a", "unknown g", "delete p.t.gone (unless it turns out to be a member of g)"],
     {"t.a": "update", "t.gone": "delete"}),
    ("what is not selected is not told", at(ir(A, unselected={"t.off": "p.t.off"}), state("a", "off")), plan(), None,
     ["noop p.t.a"], {}),
    ("nor what it keeps", at(ir(A, unselected={"t.off": "p.t.off"}), state("a", thing("off", "gone"), "gone")), plan(),
     None, ["noop p.t.a"], {}),
    ("the preview does not tell of what is in the phase", at(ir(A, B), state("a", "b")), plan(),
     plan("update a", "update b"), ["noop p.t.a", "update p.t.b"], {"t.b": "update"}),
    ("instances one by one, in order", at(ir(res("many")), state(thing("many[2]"), thing("many[10]"))),
     plan("update t.many[10]", "update t.many[2]"), None, ["update p.t.many[2]", "update p.t.many[10]"],
     {"t.many": "update", "t.many[2]": "update", "t.many[10]": "update"}),
    ("instances of an orphan", at(ir(A), state("a", thing("gone[0]"), thing("gone[1]"))),
     plan("delete t.gone[0]", "delete t.gone[1]"), None, ["noop p.t.a", "delete p.t.gone[0]", "delete p.t.gone[1]"],
     {"t.gone": "delete", "t.gone[0]": "delete", "t.gone[1]": "delete"}),
    ("what lies in a module", at(ir(res("module.m"))), plan("create module.m.t.x", "create module.m.t.y[0]"), None,
     ["create module.m.t.x", "create module.m.t.y[0]"],
     {"module.m": "create", "module.m.t.x": "create", "module.m.t.y[0]": "create"}),
    ("a module that is gone is one line", at(ir(A), state("a", thing("module.m.t.x"), thing("module.m.t.y"))),
     plan("delete module.m.t.x", "delete module.m.t.y"), None, ["noop p.t.a", "delete module.m"],
     {"module.m": "delete", "module.m.t.x": "delete", "module.m.t.y": "delete"}),
    ("a joined root module by its own names", at(ir(A, foreign={"t.f": frozenset()}), state("a", "f")),
     plan("update f"), None, ["noop p.t.a", "update t.f"], {"t.f": "update"}),
    ("a rename", at(ir(res("new"), extra=moved("t.new", "t.old")), state("old")), plan("move new from t.old"), None,
     ["move p.t.new t.old"], {"t.new": "move"}),
    ("an import", at(ir(A, extra={"import": [{"to": "t.a", "id": "x"}]})), plan("create a"), None, ["import p.t.a"],
     {"t.a": "create"}),
    ("an import that changes something", at(ir(A, extra={"import": [{"to": "t.a", "id": "x"}]})), plan("update a"),
     None, ["import p.t.a (then changed)"], {"t.a": "update"}),
    ("a deposed object", at(ir(A), state("a", thing("a", deposed="k"))), plan("delete a"), None,
     ["update p.t.a (an old object of it is removed)"], {"t.a": "delete"}),
    ("a deposed object beside an update", at(ir(A), state("a", thing("a", deposed="k"))), plan("update a"), None,
     ["update p.t.a (an old object of it is removed)"], {"t.a": "update"}),
    ("a deposed object and no other", at(ir(A), state(thing("a", deposed="k"))), plan("replace a"), None,
     ["replace p.t.a (an old object of it is removed)"], {"t.a": "replace"}),
    ("a deposed object of what stays", at(ir(A), state("a", thing("a", deposed="k"))), plan(), None,
     ["noop p.t.a"], {}),
    ("preventDestroy", at(ir(res("a", prevent_destroy=True)), state("a")), plan("replace a"), None,
     [f"replace p.t.a ({FORBIDDEN})"], {"t.a": "replace"}),
    ("preventDestroy and an update", at(ir(res("a", prevent_destroy=True)), state("a")), plan("update a"), None,
     ["update p.t.a"], {"t.a": "update"}),
    ("data that is read", at(ir(res("data.p.t.d"))), plan("read data.t.d"), None, ["read data.p.t.d"],
     {"data.t.d": "read"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("position", "made", "seen", "lines", "actions"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_told(
    position: Position, made: PlanResult | None, seen: PlanResult | None, lines: list[str], actions: dict[str, str]
) -> None:
    preview, announced = tell(position, made, seen)
    assert [shown(x) for x in preview.lines] == lines
    assert dict(announced.actions) == actions
    for change in made.changes if made else ():
        assert announced.covers(announced.name(change.addr), change.action)


def test_what_no_plan_can_hold_has_a_reason() -> None:
    position = at(ir(A, B, res("n", pending("a"))), state("a", "b"))
    reasons = {"p.t.b": "its provider waits", "p.t.n": "its provider waits"}
    preview, announced = tell(position, plan("update a"), plan("update a"), reasons)
    assert [shown(x) for x in preview.lines] == [
        "update p.t.a",
        "unknown p.t.b ((its provider waits))",
        "create p.t.n ((its provider waits))",
    ]
    assert announced.open_ == {"t.b", "t.n"}
    assert announced.groups


def test_a_group_waits_for_what_is_not_known() -> None:
    position = at(ir(A, res("k"), groups={"g": ["a", "k"], "h": ["k"]}), state("k"))
    lines = {x.id: x.waits_for for x in tell(position, plan("create a"))[0].lines}
    assert (lines["g"], lines["h"]) == ("p.t.a.id", "p.t.k.id")


@pytest.mark.parametrize(
    ("configuration", "there", "made", "seen", "outputs"),
    [
        (ir(A, outputs={"o": 1}), state("a"), {"o": "create"}, None, [("o", "create")]),
        (ir(A), state("a"), {MODULE_OUTPUT + "m": "update"}, None, []),
        (ir(A, B, outputs={"o": ref("b")}), state(), {}, None, [("o", "create")]),
        (ir(A, B, outputs={"o": ref("b")}), state("a", "b", outputs={"o": 1}), {}, None, []),
        (ir(A, B, outputs={"o": ref("b")}), state("a", "b"), {}, {"o": "update"}, [("o", "update")]),
    ],
    ids=["of the plan", "a generated one", "one that waits", "one that waits and is there", "of the preview"],
)
def test_outputs(configuration: Any, there: Any, made: dict[str, str], seen: Any, outputs: Any) -> None:
    found = plan(outputs=seen) if seen is not None else None
    assert list(tell(at(configuration, there), plan(outputs=made), found)[0].outputs) == outputs


@pytest.mark.parametrize(
    ("configuration", "pending_", "total"),
    [
        (ir(A), False, 1),
        (ir(A, B), True, 2),
        (ir(A, groups={"g": ["a"]}), True, 1),
        (ir(A, B, foreign={"t.f": frozenset({"t.b"})}), True, 2),
    ],
)
def test_what_is_pending_and_counted(configuration: Any, pending_: bool, total: int) -> None:
    preview = tell(at(configuration), plan())[0]
    assert (preview.pending, preview.total) == (pending_, total)


def test_each_change_has_its_phase_and_what_it_waits_for() -> None:
    preview = tell(at(ir(A, B, C, res("d", pending("c")))), plan("create a"))[0]
    assert [(x.id, x.phase, x.waits) for x in preview.lines] == [
        ("p.t.a", 1, ()),
        ("p.t.b", 2, ("p.t.a.id",)),
        ("p.t.c", 2, ()),
        ("p.t.d", 3, ("p.t.c.id",)),
    ]
    assert {n: [x.id for x in lines] for n, lines in preview.by_phase.items()} == {
        1: ["p.t.a"],
        2: ["p.t.b", "p.t.c"],
        3: ["p.t.d"],
    }


def test_what_is_not_done_leaves_no_gap() -> None:
    position = at(ir(A, B, C, res("d", pending("c"))), state("a", "b", "c", "d"), unknown=["a", "c"])
    preview = tell(position, plan("update a"), plan("update a", "update d"))[0]
    assert [(x.id, x.phase, x.waits) for x in preview.lines] == [
        ("p.t.a", 1, ()),
        ("p.t.b", 0, ()),
        ("p.t.c", 0, ()),
        ("p.t.d", 2, ("p.t.c.id",)),
    ]
    assert preview.lines[3].derived_from == ("p.t.c.id",)
    assert preview.waits == {2: ("p.t.c.id",)}


def test_builds_of_what_changes() -> None:
    built = [res(n, Build(f"/nix/store/{n}", f"/nix/store/{n}.drv")) for n in ("a", "b")]
    preview = tell(at(ir(*built), state("a", "b")), plan("update a"))[0]
    assert preview.builds == ("/nix/store/a",)


@pytest.mark.parametrize(
    ("going", "lines"),
    [
        (Going(frozenset({"t.a", "t.many", "t.gone", "data.t.d", "t.f"})),
         ["delete p.t.a t.a", "delete t.f t.f", "delete p.t.gone t.gone", "delete p.t.many t.many"]),
        (Going(frozenset({"t.many"}), {"t.many": Part(("t.many[1]",))}), ["delete p.t.many[1] t.many[1]"]),
        (Going(frozenset()), []),
    ],
)  # fmt: skip
def test_what_a_destroy_takes(going: Going, lines: list[str]) -> None:
    there = state("a", thing("many[0]"), thing("many[1]"), "gone", thing("data.t.d"), "f")
    configuration = ir(A, res("many"), foreign={"t.f": frozenset()})
    found = destruction(Names.of(configuration, there), there, going)
    assert [f"{shown(x)} {x.address}" for x in found.lines] == lines
    assert found.total == len(lines)
