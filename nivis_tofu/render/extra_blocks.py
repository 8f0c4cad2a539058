"""Blocks of which the engine reads some parts in a way of its own."""

from __future__ import annotations

from typing import Any

from nivis_tofu.ir.model import Value, leaves


def taken_as_it_is(written: Any, body: Value) -> Any:
    """A `variable` block, whose default and description the engine does not read as templates."""
    if not isinstance(body, dict):
        return written
    plain = {k: v for k, v in body.items() if k in ("default", "description") and next(leaves(v), None) is None}
    return {**written, **plain}


def bare_methods(value: Any) -> Any:
    """An `encryption` block with `method` as bare names, which is all that the engine accepts there."""
    match value:
        case dict():
            return {k: _bare(v) if k == "method" and isinstance(v, str) else bare_methods(v) for k, v in value.items()}
        case list():
            return [bare_methods(item) for item in value]
        case _:
            return value


def _bare(text: str) -> str:
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text
