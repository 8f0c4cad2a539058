"""What is said below the list of a plan: how much of what, in which phases, and what Nix builds."""

from __future__ import annotations

from collections.abc import Iterator

from nivis_tofu.core.outcome import Counts, Line, Preview
from nivis_tofu.core.visible import line as one_line
from nivis_tofu.views.human import MARKERS, Style

_NAMED = 12
"""Names in one line of a phase; more are counted."""


def plan(preview: Preview, style: Style = Style()) -> list[str]:
    """Nix builds, then `Plan: 3 to add, 1 to change, 0 to destroy, in 2 phases.`, then a line for each phase and
    for each other stack that is waited for."""
    found = [f" {style.marker('b')} {one_line(path)}" for path in preview.builds]
    phases, waits = preview.by_phase, preview.waits
    if not phases:
        return [*found, *map(one_line, preview.upstream)]
    several = "1 phase" if len(phases) == 1 else f"{len(phases)} phases"
    found.append(f"{counted(preview.counts)}, in {several}.")
    if len(phases) > 1:
        found += [one_line(_phase(n, lines, waits.get(n, ()))) for n, lines in phases.items()]
    return [*found, *map(one_line, preview.upstream)]


def counted(counts: Counts) -> str:
    """The engine's own sentence, without the full stop."""
    return "Plan: " + ", ".join(_terms(counts))


def _terms(counts: Counts) -> Iterator[str]:
    if counts.imported:
        yield f"{counts.imported} to import"
    yield f"{counts.added} to add"
    yield f"{counts.changed} to change"
    yield f"{counts.destroyed} to destroy"
    if counts.forgotten:
        yield f"{counts.forgotten} to forget"


def _phase(number: int, lines: tuple[Line, ...], waits: tuple[str, ...]) -> str:
    text = f"phase {number}: {some([_name(x) for x in lines])}"
    return f"{text}, waits for {some(waits)}" if waits else text


def _name(line: Line) -> str:
    return f"{MARKERS['unknown']} {line.id}" if line.action == "unknown" else line.id


def some(names: list[str] | tuple[str, ...], most: int = _NAMED) -> str:
    """The first names, and how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
