"""Which values the engine takes for which: types that it never converts into each other."""

from __future__ import annotations

from nivis_tofu.ir.schema import AttributeSchema, BlockSchema, Nested, Spot
from nivis_tofu.ir.types import DYNAMIC, Type

_OBJECT: Type = ["object", {}]
_SIMPLE = frozenset({"string", "number", "bool"})
_FAMILY = {"list": "list", "set": "list", "tuple": "list", "map": "map", "object": "map"}


def type_at(spot: Spot) -> Type:
    """The type of what stands at a place of a schema; what objects hold is left open."""
    match spot:
        case AttributeSchema():
            return type_at(spot.nested) if spot.nested else spot.type
        case Nested(nesting, _):
            return [nesting, _OBJECT] if nesting in ("list", "set", "map") else _OBJECT
        case BlockSchema():
            return _OBJECT
        case _:
            return spot


def never(given: Type, wanted: Type) -> bool:
    """Whether no value of one type can be converted to the other."""
    if given in (None, DYNAMIC) or wanted in (None, DYNAMIC):
        return False
    if isinstance(given, str) and isinstance(wanted, str):
        return {given, wanted} == {"number", "bool"}
    if isinstance(given, str) or isinstance(wanted, str):
        return (given if isinstance(given, str) else wanted) in _SIMPLE
    if _FAMILY.get(given[0]) != _FAMILY.get(wanted[0]):
        return True
    match given, wanted:
        case [("list" | "set" | "map"), one], [("list" | "set" | "map"), other]:
            return never(one, other)
        case _:
            return False
