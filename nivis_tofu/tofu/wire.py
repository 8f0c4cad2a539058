"""JSON of the engine: numbers exact, shapes checked where they enter, diagnostics translated."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.excerpt import excerpt


def load_object(text: str, what: str, *, large: bool = False) -> dict[str, Any]:
    """Parse a document that must be a JSON object; `what` names it in the error. `large`: it has long values."""
    try:
        value = json_text.loads(text, share=large)
    except json_text.TooDeepError:
        raise unreadable(what, "It is nested more deeply than anything that makes sense.") from None
    except ValueError as error:
        raise unreadable(what, f"It is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise unreadable(what, "It is JSON, but not an object.")
    return value


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever a document of another shape makes fail in this block becomes an EngineError that quotes no value."""
    try:
        yield
    except KeyError as error:
        raise unreadable(what, f"An element has no {error}.") from error
    except RecursionError:
        raise unreadable(what, "It is nested more deeply than anything that makes sense.") from None
    except (TypeError, AttributeError, ValueError, IndexError, ArithmeticError) as error:
        raise unreadable(what, "An element is not of the kind that it has to be.") from error


def table(value: Any) -> dict[str, Any]:
    """An object; null is an empty one. Raises TypeError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def sequence(value: Any) -> list[Any]:
    """An array; null is an empty one. Raises TypeError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError("not an array")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """An array of strings; null is an empty one. Raises TypeError for anything else."""
    found = tuple(sequence(value))
    if not all(isinstance(item, str) for item in found):
        raise TypeError("not an array of strings")
    return found


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


def diagnostic(raw: Any) -> Diagnostic:
    """One diagnostic of the engine as ours; an unknown severity counts as an error. Raises TypeError if it is none."""
    if not isinstance(raw, dict):
        raise TypeError("not a diagnostic")
    place = _position(raw.get("range"))
    detail = str(raw.get("detail") or "").strip()
    return Diagnostic(
        # Some providers have no summary; one that is empty says nothing.
        summary=str(raw.get("summary") or "").strip() or detail.partition("\n")[0] or "The engine gives no reason",
        detail=detail,
        severity="warning" if raw.get("severity") == "warning" else "error",
        address=str(raw.get("address") or ""),
        position=place,
        snippet=_snippet(raw.get("snippet"), place),
    )


def _snippet(raw: Any, place: Position | None) -> str:
    """The engine's excerpt of a file, in the form of ours."""
    if not isinstance(raw, dict):
        return ""
    code = str(raw.get("code") or "")
    first = raw.get("start_line")
    if not code or place is None or not isinstance(first, int):
        return code
    return excerpt(code, place.line - first + 1, place.column, first) or code


def _position(raw: Any) -> Position | None:
    if not isinstance(raw, dict) or not raw.get("filename"):
        return None
    match raw.get("start"):
        case {"line": int(line), "column": int(column)}:
            return Position(str(raw["filename"]), line, column)
        case _:
            return Position(str(raw["filename"]), 1)
