"""Flags of plans that leave alone what is not theirs, from literals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nivis_tofu.ir.model import Part
from nivis_tofu.run.decide import exclude
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.select import Going
from nivis_tofu.tofu.argv import Argv, Locking, PlanOptions
from tests.support.situation import at, ir, moved, pending, ref, res, state, thing

A, B = res("a"), res("b", pending("a"))
ASKED = Options()


def flags(position: Position, asked: Options = ASKED, *, first: Argv = ()) -> PlanOptions:
    return exclude.phase(position, cut(position, first=first), asked)


def terraform(position: Position) -> Position:
    return position.with_(kind="terraform")


CASES: list[tuple[str, Position, Argv, Argv, Argv]] = [
    ("nothing to leave alone", at(ir(A), state("a")), (), (), ()),
    ("orphans go with all else", at(ir(A), state("a", "gone")), (), (), ()),
    ("something frozen", at(ir(A, B), state("a", "b")), (), ("t.b",), ("t.a",)),
    (
        "an orphan that goes beside it",
        at(ir(A, B), state("a", "b", "gone")),
        (),
        ("t.b",),
        ("t.a", "t.gone"),
    ),
    (
        "an orphan that is still needed",
        at(ir(A, B), state("a", thing("b", "gone"), "gone")),
        (),
        ("t.b", "t.gone"),
        ("t.a",),
    ),
    (
        "orphans of a pending group",
        at(ir(A, groups={"g": ["a"]}), state("a", "gone")),
        (),
        ("t.gone",),
        ("t.a",),
    ),
    (
        "what goes first is named",
        at(ir(A, B, res("c", pending("a"))), state("a", "b", "c")),
        ("p.t.b",),
        ("t.c",),
        ("t.a", "t.b"),
    ),
    (
        "under its old name where it was renamed",
        at(
            ir(A, res("new", pending("a")), res("c", pending("a")), extra=moved("t.new", "t.old")),
            state("a", "old", "c"),
        ),
        ("p.t.new",),
        ("t.c",),
        ("t.a", "t.old"),
    ),
    (
        "a rename in this phase needs both names",
        at(ir(A, B, res("new"), extra=moved("t.new", "t.old")), state("a", "b", "old")),
        (),
        ("t.b",),
        ("t.a", "t.new", "t.old"),
    ),
    (
        "what was renamed twice needs the name that the state has",
        at(ir(A, B, res("new"), extra=moved("t.new", "t.mid", "t.old")), state("a", "b", "old")),
        (),
        ("t.b",),
        ("t.a", "t.new", "t.old"),
    ),
    (
        "a frozen thing that was renamed twice",
        at(ir(A, res("new", pending("a")), extra=moved("t.new", "t.mid", "t.old")), state("a", "old")),
        (),
        ("t.old",),
        ("t.a",),
    ),
    (
        "a frozen thing that was renamed",
        at(ir(A, res("new", pending("a")), extra=moved("t.new", "t.old")), state("a", "old")),
        (),
        ("t.old",),
        ("t.a",),
    ),
    (
        "what a joined root module has is in it",
        at(ir(A, B, foreign={"t.f": frozenset(), "t.w": frozenset({"t.b"})}), state("a", "b", "w")),
        (),
        ("t.b", "t.w"),
        ("t.a", "t.f"),
    ),
    (
        "some instances only",
        at(ir(res("many"), parts={"t.many": Part(only=("t.many[0]",))}), state(thing("many[0]"), thing("many[1]"))),
        (),
        ("t.many[1]",),
        ("t.many[0]",),
    ),
    (
        "an instance that is still to come",
        at(ir(A, res("many"), parts={"t.many": Part(only=('t.many["new"]',))}), state("a")),
        (),
        (),
        ("t.a", 't.many["new"]'),
    ),
    (
        "a pattern is no address",
        at(ir(A, res("many"), parts={"t.many": Part(only=("t.many[*]",))}), state("a", thing("many[1]"))),
        (),
        (),
        ("t.a", "t.many[1]"),
    ),
    (
        "what is not selected",
        at(ir(A, unselected={"t.off": "p.t.off"}), state("a", "off")),
        (),
        ("t.off",),
        ("t.a",),
    ),
]


@pytest.mark.parametrize(
    ("position", "first", "excluded", "targets"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_phase_leaves_alone(position: Position, first: Argv, excluded: Argv, targets: Argv) -> None:
    found = flags(position, first=first)
    assert (found.exclude, found.targets) == (excluded, ())
    found = flags(terraform(position), first=first)
    assert (found.exclude, found.targets) == ((), targets)


@pytest.mark.parametrize(
    ("there", "refreshed", "asked", "expected"),
    [
        (state("a"), frozenset(), True, True),
        (state("a"), frozenset(), False, False),
        (state("a"), frozenset({"t.a"}), True, False),
        (state("gone"), frozenset({"t.a"}), True, False),
        (state(), frozenset(), True, False),
    ],
    ids=["it is there", "not asked for", "it was refreshed", "an orphan alone", "nothing is there"],
)
def test_a_phase_refreshes_what_this_run_has_not_seen(
    there: object, refreshed: frozenset[str], asked: bool, expected: bool
) -> None:
    position = at(ir(A), there, refreshed=refreshed)  # type: ignore[arg-type]  # a Snapshot
    assert flags(position, Options(refresh=asked)).refresh is expected


@pytest.mark.parametrize(
    ("typed", "there", "expected"),
    [
        (("a",), state("a"), ("t.a",)),
        (("p.t.a",), state("a"), ("t.a",)),
        (("t.a",), state("a"), ("t.a",)),
        (("p.t.many",), state(thing("many[0]"), thing('many["k"]')), ("t.many[0]", 't.many["k"]')),
        (("t.many[0]",), state(thing("many[0]"), thing("many[1]")), ("t.many[0]",)),
        (("p.t.b",), state("a", "b"), ()),
        (("p.t.*",), state("a"), ("t.a", "t.many")),
    ],
    ids=["the end of a name", "an id", "an address", "all instances", "an instance", "what is held", "a pattern"],
)
def test_replacements_that_were_asked_for(typed: Argv, there: object, expected: Argv) -> None:
    position = at(ir(A, B, res("many")), there)  # type: ignore[arg-type]  # a Snapshot
    asked = Options(replace=typed)
    assert flags(position, asked).replace == expected
    done = position.with_(replaced=frozenset({"t.a", "t.many"}))
    assert flags(done, asked).replace == ()


def test_what_was_asked_for_is_in_every_plan() -> None:
    asked = Options(
        parallelism=3, locking=Locking(lock=False), engine_args=("-x",), generate_config_out="g.tf", refresh=False
    )
    position = at(ir(A, B), state("a", "b"))
    made = exclude.phase(position, cut(position), asked, out="F")
    assert (made.out, made.parallelism, made.locking.lock, made.extra, made.generate_config_out) == (
        *("F", 3, False, ("-x",), "g.tf"),
    )
    seen = exclude.preview(position, cut(position), replace(asked, locking=Locking()), ["p.t.a", "p.t.b"], [])
    assert (seen.parallelism, seen.locking.lock, seen.extra, seen.refresh) == (3, False, ("-x",), False)
    gone = exclude.destruction(position, Going(frozenset({"t.a", "t.b"})), asked)
    assert (gone.mode, gone.parallelism, gone.generate_config_out, gone.refresh) == ("destroy", 3, "", False)


def test_a_preview_names_orphans_that_go() -> None:
    position = at(ir(A, B), state("a", "b", "gone", "kept"))
    taken = cut(position)
    seen = exclude.preview(position, taken, ASKED, ["p.t.a", "p.t.b"], ["t.kept"])
    assert (seen.exclude, seen.targets, seen.refresh) == (("t.kept",), (), True)
    seen = exclude.preview(terraform(position), taken, ASKED, ["p.t.a", "p.t.b"], ["t.kept"])
    assert (seen.exclude, seen.targets) == ((), ("t.a", "t.b", "t.gone"))
    fresh = position.with_(refreshed=position.snapshot.addresses)
    assert not exclude.preview(fresh, taken, ASKED, [], []).refresh


@pytest.mark.parametrize(
    ("going", "excluded", "targets"),
    [
        (Going(frozenset({"t.a", "t.many"})), (), ()),
        (Going(frozenset({"t.a"})), ("t.many",), ("t.a",)),
        (Going(frozenset({"t.a", "t.many"}), {"t.many": Part(("t.many[0]",))}), ("t.many[1]",), ("t.a", "t.many[0]")),
    ],
    ids=["everything", "one of two", "an instance"],
)
def test_a_destroy_leaves_alone(going: Going, excluded: Argv, targets: Argv) -> None:
    position = at(ir(A, res("many", ref("a"))), state("a", thing("many[0]"), thing("many[1]")))
    found = exclude.destruction(position, going, ASKED)
    assert (found.exclude, found.targets) == (excluded, ())
    found = exclude.destruction(terraform(position), going, ASKED)
    assert (found.exclude, found.targets) == ((), targets)
