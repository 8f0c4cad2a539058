"""A place in a source text as people read it: three lines, numbered, and a caret below the column."""

from __future__ import annotations

WIDTH = 100
"""Columns of a line that are shown; more of it helps nobody."""


def excerpt(text: str, line: int, column: int, begins: int = 1) -> str:
    """The lines around a place (both count from 1); empty where the text has no such line.

    `begins`: the number by which the text's first line is shown.
    """
    rows = text.splitlines()
    if not 0 < line <= len(rows):
        return ""
    column = min(column, len(rows[line - 1]) + 1)
    # A long line is shown from where its caret is seen.
    start = max(0, column - WIDTH + 20) if len(rows[line - 1]) > WIDTH else 0
    first, last = max(1, line - 1), min(len(rows), line + 1)
    width = len(str(last + begins - 1))
    shown = []
    for number in range(first, last + 1):
        shown.append(
            f"{number + begins - 1:{width}} | {_cut(rows[number - 1], start if number == line else 0)}".rstrip()
        )
        if number == line:
            shown.append(f"{'':{width}} | {'':{max(0, column - 1 - start)}}^")
    return "\n".join(shown)


def _cut(row: str, start: int) -> str:
    row = row.replace("\t", " ")  # one column, as the tools count it
    return ("…" if start else "") + row[start + bool(start) : start + WIDTH] + ("…" if len(row) > start + WIDTH else "")
