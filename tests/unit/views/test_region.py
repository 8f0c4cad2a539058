"""Rows that are drawn again and again: nothing of them is left, and nothing else is touched."""

from __future__ import annotations

import io

import pyte
import pytest

from nivis_tofu.views.region import Region, terminal_size


class Screen:
    """What a terminal of this size shows."""

    def __init__(self, columns: int, lines: int) -> None:
        self.out = io.StringIO()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self._read = 0

    def see(self) -> list[str]:
        text = self.out.getvalue()
        self._stream.feed(text[self._read :].replace("\n", "\r\n"))
        self._read = len(text)
        return [line.rstrip() for line in self._screen.display if line.strip()]

    def type(self, text: str) -> None:
        """What is typed shows where the cursor is."""
        self.see()
        self._stream.feed(text)

    def resize(self, columns: int, lines: int) -> None:
        self.see()
        self._screen.resize(lines, columns)

    @property
    def cursor_shows(self) -> bool:
        return not self._screen.cursor.hidden


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_rows_come_and_go_below_lines_that_stay(columns: int) -> None:
    screen = Screen(columns, 5)
    region = Region(screen.out)
    region.open()
    for rows in (["one", "two", "three"], ["1"], ["eins", "zwei"], [""]):
        region.draw(rows)
        assert screen.see() == [row for row in rows if row]
    region.draw(["running", "a"])
    region.above("first")
    region.draw(["running", "b"])
    assert screen.see() == ["first", "running", "b"]
    assert not screen.cursor_shows
    # The screen is full: lines scroll away, rows do not stay behind.
    for n in range(9):
        region.above(f"line {n}")
        region.draw(["running", "c"])
    assert screen.see() == ["line 6", "line 7", "line 8", "running", "c"]
    region.close()
    assert screen.see() == ["line 6", "line 7", "line 8"]
    assert screen.cursor_shows


def test_what_is_typed_meanwhile_goes() -> None:
    screen = Screen(40, 5)
    region = Region(screen.out)
    region.above("first")
    region.draw(["running", "a"])
    screen.type("^C")
    region.above("stopping")
    region.draw(["running", "a"])
    assert screen.see() == ["first", "stopping", "running", "a"]


@pytest.mark.parametrize(("columns", "lines"), [(20, 8), (80, 8), (200, 30)])
def test_another_size_takes_no_line_away(columns: int, lines: int) -> None:
    screen = Screen(60, 8)
    region = Region(screen.out)
    region.above("first")
    region.draw(["running " + "x" * 50, "a" * 55])
    screen.resize(columns, lines)
    region.draw(["running", "a"])
    assert screen.see() == ["first", "running", "a"]


def test_a_stream_that_is_no_terminal() -> None:
    assert terminal_size(io.StringIO())() == (80, 24)
