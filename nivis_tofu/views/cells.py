"""Text cut to the columns that it takes on a terminal, where some characters take two and some none."""

from __future__ import annotations

ELLIPSIS = "…"


def width(text: str) -> int:
    """How many columns a line takes on a terminal."""
    from rich.cells import cell_len

    return cell_len(text)


def cut_left(text: str, columns: int) -> str:
    """The end of a text that fits, because ids differ at their ends."""
    if width(text) <= columns:
        return text
    start = next((i for i in range(len(text)) if width(text[i:]) < columns), len(text))
    return (ELLIPSIS + text[start:])[: max(columns, 0)]


def cut_right(text: str, columns: int) -> str:
    """The beginning of a text that fits."""
    if width(text) <= columns:
        return text
    end = next((i for i in range(len(text), -1, -1) if width(text[:i]) < columns), 0)
    return (text[:end] + ELLIPSIS)[: max(columns, 0)]
