"""Types of the engine as it writes them in JSON: `"string"`, `["list", "number"]`, `["object", {…}]` and so on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

Type: TypeAlias = Any
"""None: not known."""
DYNAMIC = "dynamic"


def type_of(value: Any) -> Type:
    """The type of a plain value, as the engine infers it from a literal."""
    match value:
        case bool():
            return "bool"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case list():
            return ["tuple", [type_of(item) for item in value]]
        case dict():
            return ["object", {key: type_of(item) for key, item in value.items()}]
        case _:
            return DYNAMIC


def element(kind: Type, step: str | int) -> Type:
    """The type of an element or a field."""
    match kind:
        case [("list" | "set" | "map"), inner]:
            return inner
        case ["tuple", list() as kinds] if isinstance(step, int) and step < len(kinds):
            return kinds[step]
        case ["object", dict() as fields, *_]:
            return fields.get(str(step))
        case _:
            return None


def type_text(kind: Type) -> str:
    """A type in words: `map of list of string`."""
    match kind:
        case [("list" | "set" | "map") as outer, inner]:
            return f"{outer} of {type_text(inner)}"
        case [outer, *_]:
            return str(outer)
        case _:
            return str(kind)


def mapped(value: Any, kind: Type, convert: Callable[[Any, Type], Any]) -> Any:
    """The value with each element and field converted by its own type; one without elements stays as it is."""
    match kind, value:
        case [("list" | "set" | "tuple"), *_], list():
            return [convert(item, element(kind, i)) for i, item in enumerate(value)]
        case [("map" | "object"), *_], dict():
            return {key: convert(item, element(kind, key)) for key, item in value.items()}
        case _:
            return value


def has_dynamic(kind: Type) -> bool:
    """Whether the type, or one in it, is dynamic."""
    match kind:
        case [("list" | "set" | "map"), inner]:
            return has_dynamic(inner)
        case ["tuple", list() as kinds]:
            return any(map(has_dynamic, kinds))
        case ["object", dict() as fields, *_]:
            return any(map(has_dynamic, fields.values()))
        case _:
            return bool(kind == DYNAMIC)
