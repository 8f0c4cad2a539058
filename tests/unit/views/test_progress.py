"""What is said while a run goes on."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable

import pytest
from rich.console import Console

from nivis_tofu.core import events as e
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.views import progress
from nivis_tofu.views.human import Style
from nivis_tofu.views.progress import LiveProgress, PlainProgress


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("end", [e.Done("a", "create", 1.0, 1), e.Failed("a", "create", 1)])
def test_no_row_contradicts_the_line_above_it(end: e.Event) -> None:
    out = io.StringIO()
    live = LiveProgress(out, "info", lambda: Console(file=out, force_terminal=True, width=80, height=20))
    with live:
        live(e.Stage("applying", 1))
        live(e.Started("a", "create"))
        live(e.Started("b", "create"))
        until(lambda: "a: creating" in out.getvalue())
        before = len(out.getvalue())
        live(end)
        said = out.getvalue()[before:]
    _, _, below = said.partition("a: creat")
    below = below[below.index("\n") :]
    assert "b: creating" in below
    assert "a: creating" not in below


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], r"still at work, \d+s"),
        ([e.Stage("", 0)], r"still at work, \d+s"),
        ([e.Stage("applying", 2)], r"still applying \(phase 2\), \d+s"),
        ([e.Started("a", "create")], r"still a: creating, \d+s"),
        ([e.Started("a\nb\x1b", "create")], r"still a\\nb\\u001b: creating, \d+s"),
    ],
)
def test_keep_alive_says_something(events: list[e.Event], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "KEEPALIVE", 0.0)
    out = io.StringIO()
    with PlainProgress(out, "info") as plain:
        for event in events:
            plain(event)
        until(lambda: "still" in out.getvalue())
    assert all(re.fullmatch(expected, line) for line in out.getvalue().splitlines())


def test_plain_lines_go_on_after_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "KEEPALIVE", 0.0)
    out = io.StringIO()
    plain = PlainProgress(out, "info")
    for _ in range(2):
        with plain:
            at = len(out.getvalue())
            until(lambda at=at: "still" in out.getvalue()[at:])  # type: ignore[misc]


def test_warnings_are_coloured_where_that_is_wanted() -> None:
    for style, head in ((Style(), "warning: "), (Style(colour=True), "\x1b[1;33mwarning\x1b[0m: ")):
        out = io.StringIO()
        PlainProgress(out, "info", style)(e.Warned(Diagnostic("Careful", severity="warning")))
        assert out.getvalue() == f"{head}Careful\n"
