"""Diagnostics as data: what is wrong, why, what to do, and where."""

from __future__ import annotations

from typing import Literal

from nivis_tofu.core.immutable import immutable

Severity = Literal["error", "warning"]


@immutable(slots=True)
class Position:
    """A place in a source file; line and column count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@immutable(slots=True)
class Diagnostic:
    """One finding: `summary` is constant text, `detail` full sentences, `hint` what to do next."""

    summary: str
    detail: str = ""
    hint: str = ""
    severity: Severity = "error"
    address: str = ""
    """Engine address or nivis id of the resource it is about, if any."""
    attribute: str = ""
    """Attribute path inside that resource, e.g. `tags.Name`, if known."""
    position: Position | None = None
    helper: str = ""
    """Functions of the flake that led to the position, and where they were called."""
    snippet: str = ""
    """The lines around the position, as they are shown."""
