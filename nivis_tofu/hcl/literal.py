"""Native syntax that holds literal values: `.tfvars` files, `terraform` blocks."""

from __future__ import annotations

from typing import Any

from nivis_tofu.hcl import reader


class NotLiteralError(ValueError):
    """`where` names the value and `what` says what it is; neither quotes it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


def arguments(text: str) -> dict[str, Any]:
    """Values by name. Raises NotLiteralError for what only the engine could evaluate, ValueError for bad syntax."""
    found = reader.body(text)
    if found.blocks:
        raise NotLiteralError(found.blocks[0][0], "a block")
    return {name: _literal(value, name) for name, value in found.attributes.items()}


def settings(body: reader.Body) -> dict[str, Any]:
    """Arguments, and nested blocks as lists; an expression is given as its text."""
    found = {name: as_text(value) for name, value in body.attributes.items()}
    for kind, _, inner in body.blocks:
        found.setdefault(kind, []).append(settings(inner))
    return found


def as_text(value: Any) -> Any:
    match value:
        case dict():
            return {name: as_text(item) for name, item in value.items()}
        case list():
            return [as_text(item) for item in value]
        case reader.Source() | reader.Traversal():
            return value.text
        case reader.Template():
            return "".join(part if isinstance(part, str) else f"${{{part.text}}}" for part in value.parts)
        case _:
            return value


def below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _literal(value: Any, where: str) -> Any:
    match value:
        case dict():
            return {key: _literal(item, below(where, key)) for key, item in value.items()}
        case list():
            return [_literal(item, f"{where}[{i}]") for i, item in enumerate(value)]
        case reader.Source() | reader.Traversal():
            raise NotLiteralError(where, "an expression")
        case reader.Template():
            raise NotLiteralError(where, "a template")
        case _:
            return value
