"""A run as Markdown, for the summary page of a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nivis_tofu.results import Applied, Preview
from nivis_tofu.views import human


def plan(preview: Preview) -> str:
    if preview.empty:
        return f"### nivis plan\n\nNo changes. {preview.total} resource(s) up to date.\n"
    rows = [(f"`{human.MARKERS[x.action]}`", f"`{x.id}`", x.note or (x.waits_for and f"waits for {x.waits_for}"))
            for x in preview.changes]  # fmt: skip
    rows += [("`~`", f"`output.{name}`", "") for name, _ in preview.outputs]
    return f"### nivis plan\n\n{len(preview.changes)} resource(s) to resolve.\n\n" + _table(
        ("", "resource", "note"), rows
    )


def applied(result: Applied, verb: str) -> str:
    rows = [(a.word or "created", f"`{a.id}`", f"{a.seconds:.0f} s") for a in result.tally.acted.values()]
    rows += [("**failed**", f"`{i}`", "") for i in dict.fromkeys(result.tally.failed)]
    rows += [("**half-way**", f"`{i}`", human.HALF[objects].split(", ")[1]) for i, objects in result.half.items()]
    rows += [("not started", f"`{i}`", "") for i in result.not_started]
    head = f"{result.tally.counted} resource(s) across {result.tally.phases} phase(s)."
    text = f"### nivis {verb}\n\n{head}\n"
    if rows:
        text += "\n" + _table(("", "resource", "time"), rows)
    for found in result.error.diagnostics if result.error else ():
        text += f"\n> **{found.summary}**" + (f"\n> {' '.join(found.detail.split())}" if found.detail else "") + "\n"
    if result.error and result.error.raw.strip():
        text += _quoted(result.error.raw)
    if not result.complete and result.error is None:
        text += "\nLater phases remain.\n"
    return text


def _quoted(raw: str) -> str:
    """A foreign tool's text as a block of code in the quote above it."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", raw))])
    lines = ["", fence, *raw.strip("\n").splitlines(), fence]
    return "".join(f"> {line}".rstrip() + "\n" for line in lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *(tuple(c.replace("|", "\\|") for c in row) for row in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)
