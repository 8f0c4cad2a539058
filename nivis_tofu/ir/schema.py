"""Provider schemas: what raw state does not tell.

Which attributes are dynamic (wrapped in state), which are sensitive, and what is a nested block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.types import DYNAMIC, Type, element, has_dynamic, mapped

Kind = Literal["resource", "data", "provider"]


Nesting = Literal["", "single", "group", "list", "set", "map"]
"""How often something nested is there; `group`: once, and never null."""


@immutable
class Nested:
    """What stands below one name: a nested block, or an attribute that holds objects."""

    nesting: Nesting
    block: BlockSchema

    @property
    def is_repeated(self) -> bool:
        """Whether values are lists of objects."""
        return self.nesting in ("list", "set")

    def mapped(self, value: Any, convert: Callable[[Any], Any]) -> Any:
        """The value with each object in it converted; nulls stay."""
        match value:
            case list():
                return [self.mapped(item, convert) if isinstance(item, list) else _one(item, convert) for item in value]
            case dict() if self.nesting == "map":
                return {key: _one(item, convert) for key, item in value.items()}
            case _:
                return _one(value, convert)


@immutable
class AttributeSchema:
    """One attribute: its type, or what is nested in it, and how it gets its value."""

    data: Mapping[str, Any]

    @property
    def type(self) -> Type:
        return self.data.get("type")

    @cached_property
    def nested(self) -> Nested | None:
        found = self.data.get("nested_type")
        return Nested(found.get("nesting_mode") or "", BlockSchema(found)) if found else None

    @cached_property
    def objects(self) -> Nested | None:
        """What is nested, also where a type says so: old providers declare blocks as lists of objects."""
        match self.type:
            case [("list" | "set") as nesting, ["object", dict() as fields, *_]]:
                return Nested(nesting, BlockSchema({"attributes": {n: {"type": kind} for n, kind in fields.items()}}))
            case _:
                return self.nested

    @property
    def required(self) -> bool:
        return bool(self.data.get("required"))

    @property
    def optional(self) -> bool:
        return bool(self.data.get("optional"))

    @property
    def computed(self) -> bool:
        return bool(self.data.get("computed"))

    @property
    def obsolete(self) -> bool:
        """Whether nobody should write it, or a state never holds it."""
        return bool(self.data.get("deprecated") or self.data.get("write_only"))

    @property
    def is_collection(self) -> bool:
        """Whether values are lists, sets, maps or the like."""
        return self.nested.nesting in ("list", "set", "map") if self.nested else isinstance(self.type, list)


@immutable
class BlockSchema:
    """A `block` object of `providers schema -json`, with the `version` of the resource type's schema.

    It is read as far as it is asked: some types are nested a thousand blocks deep.
    """

    data: Mapping[str, Any]

    @property
    def version(self) -> int:
        return int(self.data.get("version", 0))

    @cached_property
    def attributes(self) -> Mapping[str, AttributeSchema]:
        return {name: AttributeSchema(body) for name, body in (self.data.get("attributes") or {}).items()}

    @cached_property
    def blocks(self) -> Mapping[str, Nested]:
        """The nested blocks."""
        found = (self.data.get("block_types") or {}).items()
        return {n: Nested(kind.get("nesting_mode") or "", BlockSchema(kind.get("block") or {})) for n, kind in found}

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be said in the block."""
        return (*self.attributes, *self.blocks)

    @cached_property
    def sensitive(self) -> tuple[tuple[str, ...], ...]:
        """Paths of sensitive attributes; `*` stands for any element of a nested collection."""
        return tuple(_sensitive(self.data, ()))

    def unwrap(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Raw state attributes with dynamic values as plain values."""
        return {name: self._unwrap(name, value) for name, value in values.items()}

    def _unwrap(self, name: str, value: Any) -> Any:
        attribute = self.attributes.get(name)
        nested = attribute.nested if attribute else self.blocks.get(name)
        if nested:
            return nested.mapped(value, nested.block.unwrap)
        return _unwrap_type(value, attribute.type) if attribute and has_dynamic(attribute.type) else value


def _one(value: Any, convert: Callable[[Any], Any]) -> Any:
    return convert(value) if isinstance(value, dict) else value


def _unwrap_type(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    if kind == DYNAMIC:
        # An older provider had another type there, and wrote the value as it is.
        return value["value"] if isinstance(value, dict) and value.keys() == {"value", "type"} else value
    return mapped(value, kind, _unwrap_type)


def _sensitive(block: Mapping[str, Any], prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    # All of it is looked at, which as typed values takes ten times as long; some types have 50,000 attributes.
    for name, attribute in (block.get("attributes") or {}).items():
        if attribute.get("sensitive"):
            yield (*prefix, name)
        elif nested := attribute.get("nested_type"):
            star = () if nested.get("nesting_mode") == "single" else ("*",)
            yield from _sensitive(nested, (*prefix, name, *star))
    for name, kind in (block.get("block_types") or {}).items():
        star = () if kind.get("nesting_mode") in ("single", "group") else ("*",)
        yield from _sensitive(kind.get("block") or {}, (*prefix, name, *star))


def is_block(found: Any) -> bool:
    """Is this formed like a `block` object, so that it can be read?"""
    if not isinstance(found, dict) or not isinstance(found.get("version", 0), int):
        return False
    attributes, blocks = found.get("attributes") or {}, found.get("block_types") or {}
    return (
        isinstance(attributes, dict)
        and isinstance(blocks, dict)
        and all(isinstance(a, dict) and is_block(a.get("nested_type") or {}) for a in attributes.values())
        and all(map(_is_nested, blocks.values()))
    )


def _is_nested(found: Any) -> bool:
    if not isinstance(found, dict) or not is_block(found.get("block") or {}):
        return False
    return all(isinstance(found.get(limit) or 0, int) for limit in ("min_items", "max_items"))


Spot: TypeAlias = BlockSchema | AttributeSchema | Nested | Type
"""A place in a schema."""


def below(spot: Spot, step: str | int) -> Spot:
    """The place one step down; None if the schema does not say."""
    match spot:
        case BlockSchema():
            return spot.attributes.get(str(step)) or spot.blocks.get(str(step))
        case AttributeSchema():
            return below(spot.nested if spot.nested else spot.type, step)
        case Nested(nesting, block):
            # An element of a collection, or at once an attribute of what is there once.
            inside = nesting in ("list", "set") and isinstance(step, str)
            return below(block, step) if inside or nesting in ("single", "group") else block
        case _:
            return element(spot, step)


def is_set(spot: Spot) -> bool:
    """Whether values there have no order."""
    match spot:
        case Nested():
            return spot.nesting == "set"
        case AttributeSchema():
            return is_set(spot.nested if spot.nested else spot.type)
        case _:
            return isinstance(spot, list) and spot[:1] == ["set"]


class Known(Protocol):
    """Where schemas are looked up."""

    def block(self, provider: str, kind: Kind, type_name: str = "") -> BlockSchema | None:
        """The schema of one type of a provider (by source address); None where it is not known."""
        ...
