"""Many stacks while they run, on terminals of several sizes and in a log."""

from __future__ import annotations

import io
import re

import pytest

from nivis_tofu.stacks.executor import Said, Stands
from nivis_tofu.stacks.outcome import Result
from nivis_tofu.stacks.run import Began
from nivis_tofu.views.cells import width
from nivis_tofu.views.stack_rows import StackLines, StackRows

NAMES = ["network", "data", "a-stack-with-a-very-long-name-that-fits-nowhere"]
EVENTS: list[Began | Said | Stands | Result] = [
    Began("network"),
    Stands("network", "phase 1/2: applying, 14/28 done, 3s"),
    Said("network", "aws.aws_vpc.main: created after 3s"),
    Result("network", "done", 0, {"steps": [{"action": "create"}]}),
    Began("data"),
    Said("data", "error: it broke"),
    Result("data", "failed", 1, narrative=("error: it broke", "  at flake.nix:3")),
    Result(NAMES[2], "not started", because=("data",)),
]


def test_in_a_log_each_line_has_the_name_of_its_stack() -> None:
    out = io.StringIO()
    with StackLines(out, "apply") as rows:
        for event in EVENTS:
            rows(event)
    assert out.getvalue().splitlines() == [
        "network: aws.aws_vpc.main: created after 3s",
        "data: error: it broke",
        "data: failed: it broke",
        f"{NAMES[2]}: not started, waits for data",
    ]


@pytest.mark.parametrize("lines", [2, 3, 24])
@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_rows_fit(columns: int, lines: int) -> None:
    out = io.StringIO()
    with StackRows(out, lambda: (columns, lines), NAMES, "apply") as live:
        for event in EVENTS:
            live(event)
            live.draw()
    drawn = [frame.split("\x1b[J")[0] for frame in out.getvalue().split("\r")]
    for frame in drawn:
        rows = [re.sub(r"\x1b\[[0-9?;]*[a-zA-Z]", "", row) for row in frame.split("\n")]
        if not any(row.startswith("data: ") for row in rows):  # what stays above may be longer
            assert len(rows) <= max(lines - 1, 1)
            assert all(width(row) < columns for row in rows), rows


def test_what_failed_is_told_whole_above_the_rows() -> None:
    out = io.StringIO()
    live = StackRows(out, lambda: (80, 24), NAMES, "apply")
    for event in EVENTS:
        live(event)
    assert "data: error: it broke\n" in out.getvalue()
    assert "data:   at flake.nix:3\n" in out.getvalue()


def test_a_row_says_the_phase_and_how_much_is_done() -> None:
    out = io.StringIO()
    live = StackRows(out, lambda: (120, 24), NAMES, "apply")
    for event in EVENTS[:3]:
        live(event)
    live.draw()
    assert "phase 1/2: applying, 14/28 done, 3s" in out.getvalue()
