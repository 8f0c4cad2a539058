"""What a parser could not read, told by its place alone: the parsers' own texts quote the file, secrets included."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.json_text import TooDeepError


def misread(summary: str, path: Path, error: Exception, kind: str) -> NivisError:
    """The error for a file that its parser refused; it names the place and quotes nothing."""
    place = _place(error)
    why = "it is nested too deeply" if isinstance(error, RecursionError | TooDeepError) else f"this is not {kind}"
    return NivisError.of(
        summary, f"{path}{place}: {why}. The text is not shown, as it may be secret.", "Fix the file at that place."
    )


def _place(error: Exception) -> str:
    """`, line 3, column 7`, as simplejson, PyYAML and lark tell it, each in its way."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f", line {mark.line + 1}, column {mark.column + 1}"
    line = getattr(error, "lineno", None) or getattr(error, "line", None)
    column = getattr(error, "colno", None) or getattr(error, "column", None)
    if isinstance(line, int) and isinstance(column, int) and line > 0:
        return f", line {line}, column {column}"
    return ""
