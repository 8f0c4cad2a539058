"""The preview: what of the configuration the engine cannot know yet, and what no preview can show."""

from __future__ import annotations

from typing import Any, cast

import pytest

from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Derived, Expr
from nivis_tofu.render.preview import UNKNOWN_VALUE, PreviewWriter, deferred
from tests.support.situation import ir, known, pending, ref, res

AB = ir(res("a"), res("b"))
BLOCKS = BlockSchema({"block_types": {"rule": {"nesting_mode": "list", "block": {}}}})


def writer(configuration: IR = AB, *, stale: tuple[str, ...] = (), absent: tuple[str, ...] = ()) -> PreviewWriter:
    ledger = Ledger({"p.t.a": Object("t.a", "p", {"id": "old", "k": {"x": [1]}})})
    return PreviewWriter(configuration, ledger, frozenset(stale), frozenset(absent))


def written(preview: PreviewWriter, derived: Derived) -> str | None:
    return preview(derived, lambda: "LITERAL", lambda value, what: f"before({value!r})")


def test_what_cannot_change_stays_a_literal() -> None:
    assert written(writer(), known("x", "a")) is None
    assert written(writer(stale=("p.t.b",)), known("x", "a")) is None


def test_what_is_pending_is_unknown_and_keeps_its_order() -> None:
    assert written(writer(), pending("a", "b")) == f"jsondecode(jsonencode([t.a.id, t.b.id, {UNKNOWN_VALUE}]))"
    # What the preview does not hold cannot be named in it.
    assert written(writer(absent=("p.t.b",)), pending("a", "b")) == f"jsondecode(jsonencode([t.a.id, {UNKNOWN_VALUE}]))"


def test_a_value_with_a_pending_one_in_it_is_pending() -> None:
    found = written(writer(), known([pending("b")], "a"))
    assert found == f"jsondecode(jsonencode([t.a.id, t.b.id, {UNKNOWN_VALUE}]))"


def test_what_may_be_stale_is_compared_with_what_it_was_computed_from() -> None:
    preview = writer(stale=("p.t.a",))
    first = written(preview, known("x", "a", "b"))
    assert written(preview, known("y", "a")) == first, "one comparison for each value"
    ((name, test),) = preview.locals_.items()
    assert first == f"jsondecode(local.{name} ? LITERAL : {UNKNOWN_VALUE})"
    assert test == "${nonsensitive(jsonencode(t.a.id) == jsonencode(before('old')))}"


def test_each_value_that_may_be_stale_is_compared() -> None:
    preview = writer(stale=("p.t.a",))
    found = written(preview, known("x", "a", "a@k"))
    assert found is not None
    assert found.count(" && ") == 1
    assert len(preview.locals_) == 2
    assert any("jsonencode(t.a.k) == jsonencode(before({'x': [1]}))" in test for test in preview.locals_.values())


def test_what_refers_to_something_absent_is_unknown() -> None:
    preview = writer(stale=("p.t.a",), absent=("p.t.b",))
    assert written(preview, known("x", "b")) == f"jsondecode(jsonencode([{UNKNOWN_VALUE}]))"
    assert preview.unknown([ref("a")]) is None
    assert preview.unknown([ref("a"), ref("b")]) == f"jsondecode(jsonencode([t.a.id, {UNKNOWN_VALUE}]))"
    assert preview.locals_ == {}


CASES: dict[str, tuple[IR, dict[str, Any], dict[str, str]]] = {
    "nothing": (ir(res("a"), res("b", pending("a")), res("c", ref("b"))), {}, {}),
    "a provider that waits, and who refers to it": (
        ir(res("a"), res("q.t.x"), res("b", ref("q.t.x")), providers={"q": {"host": pending("a")}}),
        {"waiting": {"q"}},
        {"q.t.x": "the configuration of provider q waits for p.t.a.id", "p.t.b": "refers to q.t.x"},
    ),
    "a module that is given such a provider": (
        ir(res("a"), res("module.m", module_providers={"x": "q"}), providers={"q": {"host": [pending("a")]}}),
        {"waiting": {"q"}},
        {"module.m": "the configuration of provider q waits for p.t.a.id"},
    ),
    "a member of a group that may become another": (
        ir(res("a"), res("b", given=["a"])),
        {"held": {"p.t.a"}},
        {"p.t.b": "member of a group that waits for p.t.a.id"},
    ),
    "a member of a group that is settled": (ir(res("a"), res("b", given=["a"])), {}, {}),
    "how many there are": (
        ir(res("a"), res("b", config={"count": pending("a")}), res("c", config={"for_each": [pending("a@k")]})),
        {},
        {"p.t.b": "how many there are waits for p.t.a.id", "p.t.c": "how many there are waits for p.t.a.k"},
    ),
    "a list of blocks": (
        ir(res("a"), res("b", config={"rule": pending("a")}), res("c", config={"tags": pending("a")})),
        {},
        {"p.t.b": "the blocks `rule` wait for p.t.a.id"},
    ),
    "a chain of references": (
        ir(res("a"), res("b", config={"count": pending("a")}), res("c", ref("b")), res("d", known([ref("c")], "a"))),
        {},
        {"p.t.b": "how many there are waits for p.t.a.id", "p.t.c": "refers to p.t.b", "p.t.d": "refers to p.t.b"},
    ),
    "a reference inside a template": (
        ir(res("a"), res("b", config={"count": pending("a")}), res("c", Expr(("${upper(", ref("b"), ")}")))),
        {},
        {"p.t.b": "how many there are waits for p.t.a.id", "p.t.c": "refers to p.t.b"},
    ),
    "only Nix uses it": (
        ir(res("a"), res("b", config={"count": pending("a")}), res("c", pending("b"))),
        {},
        {"p.t.b": "how many there are waits for p.t.a.id"},
    ),
    "depends_on": (
        ir(res("a"), res("b", config={"count": pending("a")}), res("c", depends_on=["b"])),
        {},
        {"p.t.b": "how many there are waits for p.t.a.id", "p.t.c": "refers to p.t.b"},
    ),
    "a member of a group that is not there yet": (
        ir(res("a"), res("c", depends_on=["gone"]), groups={"g": ["a"]}),
        {},
        {"p.t.c": "waits for p.t.gone, a member of a group that is not known yet"},
    ),
    "whose provider refers to it": (
        ir(res("a"), res("b", config={"count": pending("a")}), res("q.t.x"), providers={"q": {"host": ref("b")}}),
        {},
        {"p.t.b": "how many there are waits for p.t.a.id", "q.t.x": "refers to p.t.b"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_preview_cannot_show(name: str) -> None:
    configuration, given, reasons = CASES[name]
    waiting, held = (frozenset(given.get(key, ())) for key in ("waiting", "held"))
    assert deferred(configuration, waiting, held, lambda _: BLOCKS) == reasons


def test_without_a_schema_nothing_is_taken_for_blocks() -> None:
    configuration = ir(res("a"), res("b", config={"rule": pending("a")}))
    assert deferred(configuration, frozenset(), frozenset(), cast(Any, lambda _: None)) == {}
