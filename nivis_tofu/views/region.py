"""A few rows at the end of a terminal that are drawn again and again, below lines that stay.

The cursor rests at the beginning of its first row, so that nothing has to be counted to draw it anew: whatever a
terminal makes of the rows when its size changes, the cursor is where they begin.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TextIO

Size = tuple[int, int]
"""Columns and rows."""
_HIDE, _SHOW, _ERASE = "\x1b[?25l", "\x1b[?25h", "\r\x1b[J"


def terminal_size(out: TextIO) -> Callable[[], Size]:
    """The present size of the terminal behind a stream; 80 x 24 if unknown."""

    def size() -> Size:
        try:
            found = os.get_terminal_size(out.fileno())
        except (OSError, ValueError):
            return 80, 24
        return found.columns or 80, found.lines or 24

    return size


def in_foreground(out: TextIO) -> bool:
    """Does the terminal behind a stream belong to this process, or to a shell that put it into the background?"""
    try:
        return os.tcgetpgrp(out.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return True


class Region:
    """Draw rows, which must be narrower than the terminal and fewer than its rows."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def open(self) -> None:
        self._write(_HIDE)

    def draw(self, rows: Sequence[str]) -> None:
        up = f"\x1b[{len(rows) - 1}A" if len(rows) > 1 else ""
        self._write("\r" + "\x1b[K\n".join(rows) + "\x1b[K\x1b[J\r" + up)

    def above(self, text: str) -> None:
        """Write permanent lines; what is drawn next comes below them."""
        self._write(f"{_ERASE}{text}\n")

    def close(self) -> None:
        self._write(_ERASE + _SHOW)

    def _write(self, text: str) -> None:
        # At once, so that nobody sees half of it.
        self._out.write(text)
        self._out.flush()
