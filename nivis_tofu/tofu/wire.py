"""JSON of the engine: numbers exact, shapes checked where they enter, diagnostics translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.excerpt import excerpt


def loads(text: str) -> Any:
    """Parse JSON; integers stay integers of any size, fractions become Decimal, never float."""
    return json_text.loads(text)


def load_object(text: str, what: str) -> dict[str, Any]:
    """Parse a document that must be a JSON object; `what` names it in the error."""
    try:
        value = loads(text)
    except ValueError as error:
        raise unreadable(what, f"It is not JSON: {error}.") from error
    except RecursionError:
        raise unreadable(what, "It is nested more deeply than anything that makes sense.") from None
    if not isinstance(value, dict):
        raise unreadable(what, "It is JSON, but not an object.")
    return value


def unreadable(what: str, why: str) -> EngineError:
    return EngineError(Diagnostic("Unreadable engine output", f"Cannot read {what}. {why}"))


def check_format(raw: Mapping[str, Any], what: str) -> None:
    """Refuse a document whose major format version we do not know."""
    version = str(raw.get("format_version", ""))
    if version.split(".")[0] not in ("0", "1"):
        raise EngineError(
            Diagnostic(
                "Engine is too new",
                f"The format of {what} has version {version!r}; this program reads version 1.",
                "Use an older engine or a newer nivis.",
            )
        )


def diagnostic(raw: dict[str, Any]) -> Diagnostic:
    """One diagnostic of the engine as ours; an unknown severity counts as an error."""
    place = _position(raw.get("range"))
    return Diagnostic(
        summary=str(raw.get("summary", "")),
        detail=str(raw.get("detail", "")).strip(),
        severity="warning" if raw.get("severity") == "warning" else "error",
        address=str(raw.get("address", "")),
        position=place,
        snippet=_snippet(raw.get("snippet") or {}, place),
    )


def _snippet(raw: dict[str, Any], place: Position | None) -> str:
    """The engine's excerpt of a file, in the form of ours."""
    code = str(raw.get("code", ""))
    first = raw.get("start_line")
    if not code or place is None or not isinstance(first, int):
        return code
    return excerpt(code, place.line - first + 1, place.column, first) or code


def _position(raw: Any) -> Position | None:
    if not isinstance(raw, dict) or not raw.get("filename"):
        return None
    start = raw.get("start") or {}
    return Position(str(raw["filename"]), int(start.get("line", 1)), int(start.get("column", 1)))
