"""What stands below the list of a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nivis_tofu.core.outcome import THEN_CHANGED, Line, Preview
from nivis_tofu.views import summary


def line(action: str, phase: int = 1, *, note: str = "") -> Line:
    return Line(action, f"a.b.{action}{phase}", "b", phase=phase, note=note)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("create"), line("update"), line("delete")], "1 to add, 1 to change, 1 to destroy"),
        ([line("replace")], "1 to add, 0 to change, 1 to destroy"),
        ([line("import"), line("import", note=THEN_CHANGED)], "2 to import, 0 to add, 1 to change, 0 to destroy"),
        ([line("forget")], "0 to add, 0 to change, 0 to destroy, 1 to forget"),
        ([line("move")], "0 to add, 0 to change, 0 to destroy"),
        ([line("create"), Line("unknown", "g", waits_for="a.b.c.id", phase=1)], "1 to add, 0 to change, 0 to destroy"),
        ([line("create"), Line("read", "data.a.b.c"), Line("noop", "x")], "1 to add, 0 to change, 0 to destroy"),
    ],
)
def test_the_line_that_everybody_looks_for(lines: list[Line], expected: str) -> None:
    assert summary.plan(Preview(tuple(lines))) == [f"Plan: {expected}, in 1 phase."]


@pytest.mark.parametrize(
    "preview", [Preview(()), Preview((Line("noop", "a"),)), Preview((), outputs=(("a", "create"),))]
)
def test_nothing_where_nothing_changes(preview: Preview) -> None:
    assert summary.plan(preview) == []


def test_a_line_for_each_of_several_phases() -> None:
    second = replace(line("create", 2), waits=("a.b.create1.id",))
    third = Line("unknown", "hosts", waits_for="a.b.c.id", phase=3, waits=("a.b.create2.id", "a.b.x.y"))
    found = summary.plan(Preview((line("create"), second, third)))
    assert found == [
        "Plan: 2 to add, 0 to change, 0 to destroy, in 3 phases.",
        "phase 1: a.b.create1",
        "phase 2: a.b.create2, waits for a.b.create1.id",
        "phase 3: ? hosts, waits for a.b.create2.id, a.b.x.y",
    ]


def test_many_names_are_counted_and_hostile_ones_are_quoted() -> None:
    lines = [Line("create", f"r{n}", phase=1) for n in range(400)] + [Line("create", "x\x1b\n", phase=2)]
    [_, first, second] = summary.plan(Preview(tuple(lines)))
    assert first.endswith("r10 and 389 more")
    assert second == r"phase 2: x\u001b\n"


def test_builds_are_listed() -> None:
    preview = Preview((line("create"),), builds=("/nix/store/x-lambda.zip",))
    assert summary.plan(preview)[0] == " b /nix/store/x-lambda.zip"


@pytest.mark.parametrize("lines", [(), (line("create"),), (line("create"), line("create", 2))])
def test_what_other_stacks_have_to_do_stands_last(lines: tuple[Line, ...]) -> None:
    found = summary.plan(Preview(lines, upstream=("waits for\x07 stack.net.vpc.",)))
    assert found[-1] == "waits for\\u0007 stack.net.vpc."
    assert found[:-1] == summary.plan(Preview(lines))
