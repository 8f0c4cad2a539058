"""Text inside Markdown, HTML and mermaid: whatever it holds, it stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nivis_tofu.core.visible import block, line


def code(text: str) -> str:
    """Text as it is, on one line."""
    shown = line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Text on one line, escaped so that nothing is markup, a tag or a mention."""
    plain = re.sub(r"([\\`*_\[\]<>#~!|])", r"\\\1", line(text).replace("&", "&amp;"))
    # A forge finds mentions in what the reader sees, entities decoded; a comment in between hides them.
    return plain.replace("@", "@<!-- -->")


def html(text: str) -> str:
    """Text escaped for use inside an HTML tag, where Markdown is not read."""
    found = line(text)
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("`", "&#96;")):
        found = found.replace(mark, entity)
    return found.replace("@", "@<!-- -->")


def mermaid(text: str) -> str:
    """A quoted label for a flowchart."""
    found = line(text).replace("#", "#35;")
    for mark, entity in (("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;")):
        found = found.replace(mark, entity)
    return found


def fenced(rows: Iterable[str], language: str = "") -> str:
    """A block of code with a fence longer than any inside it."""
    text = block("\n".join(rows))
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence}{language}\n{text}\n{fence}\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *(tuple(_cell(c) for c in row) for row in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _cell(text: str) -> str:
    """A pipe ends a cell, even in code, unless it is escaped; in prose it is already."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)
