"""Provider schemas: what raw state does not tell.

Which attributes are dynamic (wrapped in state), which are sensitive, and what is a nested block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

Kind = Literal["resource", "data", "provider"]


@dataclass(frozen=True)
class BlockSchema:
    """A `block` object of `providers schema -json`, with the `version` of the resource type's schema."""

    data: Mapping[str, Any]

    @property
    def version(self) -> int:
        return int(self.data.get("version", 0))

    @cached_property
    def attributes(self) -> Mapping[str, Any]:
        return dict(self.data.get("attributes") or {})

    @cached_property
    def block_types(self) -> Mapping[str, Any]:
        return dict(self.data.get("block_types") or {})

    def block(self, name: str) -> BlockSchema:
        return BlockSchema(self.block_types[name].get("block") or {})

    def is_block(self, name: str) -> bool:
        return name in self.block_types

    @cached_property
    def sensitive(self) -> tuple[tuple[str, ...], ...]:
        """Paths of sensitive attributes; `*` stands for any element of a nested collection."""
        return tuple(_sensitive(self.data, ()))

    def unwrap(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Raw state attributes with dynamic values as plain values."""
        return {name: self._unwrap(name, value) for name, value in values.items()}

    def _unwrap(self, name: str, value: Any) -> Any:
        if name in self.attributes:
            return _unwrap_attribute(value, self.attributes[name])
        if name in self.block_types:
            return _nested(value, self.block_types[name].get("nesting_mode"), self.block(name).unwrap)
        return value


def _unwrap_attribute(value: Any, attribute: Mapping[str, Any]) -> Any:
    nested = attribute.get("nested_type")
    if nested:
        inner = BlockSchema({"attributes": nested.get("attributes")})
        return _nested(value, nested.get("nesting_mode"), inner.unwrap)
    return _unwrap_type(value, attribute.get("type"))


def _nested(value: Any, mode: str | None, convert: Any) -> Any:
    match value:
        case list():
            return [_nested(item, None, convert) for item in value]
        case dict() if mode == "map":
            return {key: _nested(item, None, convert) for key, item in value.items()}
        case dict():
            return convert(value)
        case _:
            return value


def _unwrap_type(value: Any, kind: Any) -> Any:
    if value is None or not _has_dynamic(kind):
        return value
    match kind:
        case "dynamic":
            return value["value"]
        case [("list" | "set"), element]:
            return [_unwrap_type(item, element) for item in value]
        case ["map", element]:
            return {key: _unwrap_type(item, element) for key, item in value.items()}
        case ["object", fields, *_]:
            return {key: _unwrap_type(item, fields.get(key)) for key, item in value.items()}
        case ["tuple", elements]:
            return [_unwrap_type(item, element) for item, element in zip(value, elements, strict=True)]
        case _:
            return value


def _has_dynamic(kind: Any) -> bool:
    return kind == "dynamic" or (isinstance(kind, list | dict) and "dynamic" in str(kind))


def _sensitive(block: Mapping[str, Any], prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, attribute in (block.get("attributes") or {}).items():
        if attribute.get("sensitive"):
            yield (*prefix, name)
        elif nested := attribute.get("nested_type"):
            star = () if nested.get("nesting_mode") == "single" else ("*",)
            yield from _sensitive(nested, (*prefix, name, *star))
    for name, kind in (block.get("block_types") or {}).items():
        star = () if kind.get("nesting_mode") in ("single", "group") else ("*",)
        yield from _sensitive(kind.get("block") or {}, (*prefix, name, *star))


class Known(Protocol):
    """Where schemas are looked up."""

    def block(self, provider: str, kind: Kind, type_name: str = "") -> BlockSchema | None:
        """The schema of one type of a provider (by source address); None where it is not known."""
        ...
