"""The live region from recorded events, in terminals of all widths."""

from __future__ import annotations

import io
import re
import time

import pytest

from nivis_tofu.core import events as e
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.views import live
from nivis_tofu.views.cells import width
from nivis_tofu.views.human import Style
from nivis_tofu.views.live import LiveProgress, Picture
from nivis_tofu.views.progress import Manner
from nivis_tofu.views.standing import Standing
from tests.unit.views.test_region import Screen

LONG = "aws.aws_s3_bucket_server_side_encryption_configuration"
NAMES = [f"{LONG}.größe_日本語_{n}" for n in range(30)]
RUNNING: list[e.Event] = [
    e.Outlook(dict.fromkeys(NAMES, "create"), 3),
    e.Stage("applying", 2),
    *(e.Started(n, "create") for n in NAMES),
]


def standing(*events: e.Event) -> Standing:
    found = Standing(begun=0.0)
    for event in events:
        found.take(event, 0.0)
    return found


@pytest.mark.parametrize("lines", [2, 6, 40])
@pytest.mark.parametrize("columns", [1, 20, 40, 80, 200])
def test_rows_fit_in_every_terminal(columns: int, lines: int) -> None:
    now = standing(*RUNNING, e.Done(NAMES[3], "create", 2.0, 1), e.Failed(NAMES[4], "create", 1))
    for whole in (False, True):
        rows = Picture((columns, lines), whole=whole).rows(now, 65.0)
        assert 1 <= len(rows) < lines
        assert all(width(row) < max(columns, 2) for row in rows)


def test_what_tells_one_from_another_is_not_cut() -> None:
    now = standing(*RUNNING[:4])
    assert Picture((40, 20)).rows(now, 12.0)[0][1:] == " phase 2/3: applying, 0/30 done, 12s"
    narrow, wide = (Picture((columns, 20)).rows(now, 12.0)[1:] for columns in (40, 200))
    assert narrow == [f"   …ation.größe_日本語_{n}: creating, 12s" for n in (0, 1)]
    assert wide == [f"   {name}: creating, 12s" for name in NAMES[:2]]


def test_what_there_is_no_room_for_is_counted() -> None:
    rows = Picture((80, 6)).rows(standing(*RUNNING), 1.0)
    assert len(rows) == 5
    assert rows[-1] == "   … and 27 more"


def test_what_was_done_last_fills_the_room() -> None:
    done = [e.Done(name, "create", 3.0, 1) for name in "abcdef"]
    now = standing(*RUNNING[:3], *done, e.Failed("x", "update", 1))
    shown = Picture((200, 6), Style(colour=True), whole=True).rows(now, 1.0)[1:]
    assert shown == [
        " \x1b[32m✓\x1b[0m e: created after 3s",
        " \x1b[32m✓\x1b[0m f: created after 3s",
        " \x1b[31m✗\x1b[0m x: updating failed",
        f"   {NAMES[0]}: creating, 1s",
    ]
    assert Picture((200, 6)).rows(now, 1.0)[1:] == shown[-1:]


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("told_again", [True, False])
def test_nothing_is_repeated_where_the_result_comes_too(columns: int, told_again: bool) -> None:
    screen = Screen(columns, 30)
    live = LiveProgress(screen.out, lambda: (columns, 30), Manner(), told_again=told_again)
    with live:
        for event in (
            *RUNNING[:4],
            e.Done(NAMES[0], "create", 2.0, 1),
            e.Warned(Diagnostic("Careful", severity="warning")),
        ):
            live(event)
    lines = "".join(screen.see())
    assert (f"{NAMES[0]}: created after 2s".replace(" ", "") in lines.replace(" ", "")) is not told_again
    assert "warning: Careful" in lines
    assert "applying" not in lines
    assert screen.cursor_shows


def test_what_was_done_is_told_where_no_result_will_come() -> None:
    screen = Screen(80, 30)
    live = LiveProgress(screen.out, lambda: (80, 30), Manner(), told_again=True)
    live.__enter__()
    live(e.Done("a", "create", 2.0, 1))
    live(e.Failed("b", "create", 1))
    live.__exit__(RuntimeError)
    assert screen.see() == ["a: created after 2s", "b: creating failed"]


@pytest.mark.parametrize("end", [e.Done("a", "create", 1.0, 1), e.Failed("a", "create", 1)])
def test_no_row_contradicts_the_line_above_it(end: e.Event) -> None:
    screen = Screen(80, 20)
    live = LiveProgress(screen.out, lambda: (80, 20), Manner())
    with live:
        for event in (e.Stage("applying", 1), e.Started("a", "create"), e.Started("b", "create")):
            live(event)
        live(end)
        line, head, *rows = screen.see()
        assert line.startswith("a: creat")
        assert "applying" in head
        assert [re.sub(r"\d+s", "0s", row) for row in rows] == ["   b: creating, 0s"]


def test_it_moves_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("nivis_tofu.views.live._PER_SECOND", 100)
    live = LiveProgress(out, lambda: (80, 20), Manner())
    with live:
        live(e.Stage("applying", 1))
        wait_for("applying", out)


def wait_for(text: str, out: io.StringIO, after: int = 0) -> None:
    deadline = time.monotonic() + 10
    while text not in out.getvalue()[after:]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_shell_gets_the_terminal_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """^Z, then `bg`, then `fg`: the region goes, nothing is drawn over what the shell writes, and it comes back."""
    out, ours = io.StringIO(), [True]
    monkeypatch.setattr(live, "in_foreground", lambda _: ours[0])
    monkeypatch.setattr(live, "_PER_SECOND", 100)
    progress = LiveProgress(out, lambda: (80, 24), Manner())
    with progress:
        progress(e.Stage("planning"))
        with progress.aside():
            assert out.getvalue().endswith("\r\x1b[J\x1b[?25h")
            ours[0] = False
        before = out.getvalue()
        time.sleep(0.05)
        progress(e.Told("one thing"))
        assert out.getvalue() == f"{before}one thing\n"
        ours[0] = True
        wait_for("planning", out, len(before))
        drawn = out.getvalue().removeprefix(f"{before}one thing\n")
        assert drawn.startswith("\x1b[?25l\r")
        assert "planning" in drawn
    assert out.getvalue().endswith("\x1b[?25h")


def test_a_region_in_the_background_leaves_the_prompt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(live, "in_foreground", lambda _: False)
    with LiveProgress(out, lambda: (80, 24), Manner()) as progress, progress.aside():
        before = out.getvalue()
    assert out.getvalue() == before
