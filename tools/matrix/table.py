"""The results as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.matrix.rows import Made, Result

HEAD = ("row", "Nix", "Python", "engine", "result", "minutes")


def table(results: Sequence[Result]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [HEAD, ["---"] * len(HEAD), *map(_cells, results)])


def _cells(result: Result) -> Sequence[str]:
    minutes = f"{sum(made.seconds for made in result.made) / 60:.0f}" if result.made else ""
    said = f"not to be had: {result.absent}" if result.absent else "; ".join(_said(result.made))
    return (result.row.name, result.nix, result.python, result.engine, said, minutes)


def _said(made: Iterable[Made]) -> Iterable[str]:
    """Every target but a set-up that went well."""
    for one in made:
        if one.target == "setup" and one.code == 0:
            continue
        yield f"{one.target}: {one.counts or 'passed' if one.code == 0 else one.counts or 'FAILED'}"
