"""One phase as a value: who goes first, what is late, what forbids it."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.engine_name import MODULE_OUTPUT
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.decide.phase import Phase, decide
from tests.support.situation import at, ir, moved, pending, plan, ref, res, state, thing

A, B = res("a"), res("b", pending("a"))
THERE = state("a", thing("b", "a"))


def phase(made: Any, seen: Any = None, *resources: Any, there: Any = THERE, **more: Any) -> Phase:
    found = decide(at(ir(*(resources or (A, B)), **more), there))
    return found.planned(made).with_(seen=seen)


@pytest.mark.parametrize(
    ("found", "first"),
    [
        (phase(plan("replace a"), plan("replace a", "replace b")), {"p.t.b"}),
        (phase(plan("replace a"), plan("replace a", "update b")), set()),
        (phase(plan("update a"), plan("update a", "replace b")), set()),
        (phase(plan("replace a")), set()),
        (phase(plan("replace a"), plan("replace a", "replace b"), A, res("b", pending("a"), create_before_destroy=True)),
         set()),
        (phase(plan("replace a"), plan("replace a", "replace b"), A, B, there=state("a", thing("b", "a", first=True))),
         set()),
        (phase(plan("replace a"), plan("replace a", "replace b", "replace c"), A, B, res("c", pending("b")),
               there=state("a", thing("b", "a"), thing("c", "b", "a"))), {"p.t.b", "p.t.c"}),
        (phase(plan("delete gone"), plan("delete gone", "replace b"), there=state("a", thing("b", "a", "gone"), "gone")),
         {"p.t.b"}),
        (phase(plan("replace a"), plan("replace a", "replace new"), A, res("new", pending("a")),
               extra=moved("t.new", "t.old"), there=state("a", thing("old", "a"))), {"p.t.new"}),
        (phase(plan("replace t.a[0]"), plan("replace t.a[0]", "replace b")), {"p.t.b"}),
    ],
    ids=[
        "a replacement under a replacement", "it is only changed", "its upstream stays", "without a preview",
        "created first by its own wish", "created first as the state says", "a chain", "an orphan above it",
        "under a new name", "an instance above it",
    ],
)  # fmt: skip
def test_who_goes_first(found: Phase, first: set[str]) -> None:
    assert found.first == first
    assert found.upstream_goes is bool(found.plan and any(c.action != "update" for c in found.changes))


def test_the_phase_in_which_they_go_first() -> None:
    before = phase(plan("replace a"), plan("replace a", "replace b"))
    after = decide(before.at, first=before.first)
    assert after.cut.first == {"p.t.b"}
    assert "t.b" not in after.cut.exclude
    assert after.planned(plan("replace a", "delete b")).refused(before.announced) == ()
    assert before.planned(plan("replace a", "delete b")).refused(before.announced)


def test_what_must_not_be_destroyed_does_not_go_first() -> None:
    kept = res("b", pending("a"), prevent_destroy=True)
    assert phase(plan("replace a"), plan("replace a", "replace b"), A, kept).prevented == ("p.t.b",)
    assert phase(plan("replace a"), plan("replace a", "replace b")).prevented == ()


@pytest.mark.parametrize(
    ("found", "needs"),
    [
        (phase(plan()), True),
        (phase(plan(), None, A, B, there=state("a")), False),
        (phase(plan(), None, A), False),
        (phase(plan(), None, A, B, there=state("a"), foreign={"t.f": frozenset({"t.b"})}), True),
    ],
)
def test_when_a_preview_is_needed(found: Phase, needs: bool) -> None:
    assert found.needs_preview is needs


def test_a_phase_with_nothing_to_do() -> None:
    assert phase(plan()).idle
    assert not phase(plan("update a")).idle
    assert not phase(plan(outputs={"o": "update"})).idle
    assert not decide(at(ir(A))).idle


def test_outputs_that_are_shown() -> None:
    assert phase(plan(outputs={"o": "update"})).shows_outputs
    assert not phase(plan(outputs={MODULE_OUTPUT + "m": "update"})).shows_outputs
    assert not decide(at(ir(A))).shows_outputs


@pytest.mark.parametrize(
    ("made", "everything", "late"),
    [
        (plan("create fresh", "update a"), False, []),
        (plan("create fresh", "update a"), True, ["t.fresh"]),
        (plan("replace member"), False, ["t.member"]),
        (plan("replace b"), False, []),
        (plan("delete t.many[0]"), False, []),
        (plan("forget other"), False, ["t.other"]),
    ],
)
def test_what_nobody_could_tell_before(made: Any, everything: bool, late: list[str]) -> None:
    told = Announced({"t.a": "update", "t.b": "replace", "t.many": "delete"})
    assert [c.addr for c in phase(made).late(told, everything=everything)] == late


def test_strays_are_kept_out_of_the_plan() -> None:
    found = decide(at(ir(A, B), THERE)).planned(plan("update a"), frozenset({"t.a[1]"}))
    assert found.cut.exclude == {"t.b", "t.a[1]"}
    assert found.cut.unselected == {"t.a[1]"}


def test_what_is_told_with_attributes_is_what_is_shown() -> None:
    found = phase(plan("update a"), plan("update a", "update b"))
    assert [x.action for x in found.preview.lines] == ["update", "update"]
    assert found.with_(detailed=found.preview).preview is found.preview
    assert found.announced.actions == {"t.a": "update", "t.b": "update"}
    assert decide(at(ir(A, res("c", ref("a"))))).cut.whole
