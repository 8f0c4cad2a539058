"""A run as Markdown, for the summary page of a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Preview
from nivis_tofu.core.visible import block, line
from nivis_tofu.views import ending, human


def plan(preview: Preview) -> str:
    if preview.empty:
        return f"### nivis plan\n\nNo changes. {preview.total} resource(s) up to date.\n"
    rows = [(f"`{human.MARKERS[x.action]}`", _code(x.id), _text(x.note or (x.waits_for and f"waits for {x.waits_for}")))
            for x in preview.changes]  # fmt: skip
    rows += [("`~`", _code(f"output.{name}"), "") for name, _ in preview.outputs]
    return f"### nivis plan\n\n{len(preview.changes)} resource(s) to resolve.\n\n" + _table(
        ("", "resource", "note"), rows
    )


def applied(result: Applied, verb: str) -> str:
    rows = [(a.word or "created", _code(a.id), f"{a.seconds:.0f} s") for a in result.tally.acted.values()]
    rows += [("**failed**", _code(i), "") for i in dict.fromkeys(result.tally.failed)]
    rows += [("**half-way**", _code(i), ending.HALF[objects].split(", ")[1]) for i, objects in result.half.items()]
    rows += [("not started", _code(i), "") for i in result.not_started]
    head = f"{result.tally.counted} resource(s) across {result.tally.phases} phase(s)."
    text = f"### nivis {verb}\n\n{head}\n"
    if rows:
        text += "\n" + _table(("", "resource", "time"), rows)
    if result.error:
        text += _error(result.error)
    if not result.complete and result.error is None:
        text += "\nLater phases remain.\n"
    return text


def failed(problem: NivisError, verb: str) -> str:
    """A run that came to no result."""
    return f"### nivis {verb}\n\nIt failed.\n{_error(problem)}"


def _error(problem: NivisError) -> str:
    text = ""
    for found in problem.diagnostics:
        rows = [f"**{_text(found.summary)}**", *(_code(at) for at in [found.address] if at)]
        rows += [_text(" ".join(found.detail.split()))] if found.detail.strip() else []
        text += "\n" + "".join(f"> {row}\n" for row in rows)
    return text + (_quoted(problem.raw) if problem.raw.strip() else "")


def _code(text: str) -> str:
    """Text as it is, on one line."""
    shown = line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _text(text: str) -> str:
    """Prose on one line, in which nothing is a mark or a tag."""
    return re.sub(r"([\\`*_\[\]<>#~!])", r"\\\1", line(text).replace("&", "&amp;"))


def _quoted(raw: str) -> str:
    """A foreign tool's text as a block of code in the quote above it."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", raw))])
    lines = ["", fence, *block(raw.strip("\n")).splitlines(), fence]
    return "".join(f"> {row}".rstrip() + "\n" for row in lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *(tuple(c.replace("|", "\\|") for c in row) for row in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)
