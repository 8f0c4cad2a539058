"""Errors and warnings -> text for stderr."""

from __future__ import annotations

from collections.abc import Iterable

from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import NivisError


def error(problem: NivisError) -> str:
    """All diagnostics, then the foreign tool's own text, whole and last."""
    text = "\n".join(diagnostic(d) for d in _distinct(problem.diagnostics))
    return f"{text}\n{problem.raw.rstrip()}\n" if problem.raw.strip() else text + "\n"


def diagnostic(found: Diagnostic) -> str:
    """`error: summary`, where, why, `hint:` what to do."""
    lines = [f"{found.severity}: {found.summary}"]
    where = [found.address, found.attribute and f"attribute {found.attribute}", str(found.position or "")]
    if any(where):
        lines.append(f"  at {', '.join(w for w in where if w)}")
    if found.snippet:
        lines += [f"  | {line}" for line in found.snippet.splitlines()]
    if found.detail:
        lines += [f"  {line}".rstrip() for line in found.detail.splitlines()]
    if found.hint:
        lines.append(f"hint: {found.hint}")
    return "\n".join(lines)


def bug(problem: BaseException, log: str) -> str:
    """Anything that is not a NivisError."""
    return f"error: {type(problem).__name__}\n  This is a bug in nivis. The log with the details: {log}\n"


def _distinct(found: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    return dict.fromkeys(found)
