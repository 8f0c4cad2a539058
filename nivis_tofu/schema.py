"""Provider schemas, asked for once per set of providers and kept in the work directory.

They tell what raw state does not: which attributes are dynamic (wrapped in state), which are sensitive, and
what is a nested block. `schema.zip` has one member per resource type, so a run reads only what it uses.
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from nivis_tofu import jsontext, notes
from nivis_tofu.errors import NivisError

Kind = Literal["resource", "data", "provider"]
_BROKEN = (OSError, ValueError, RecursionError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What a damaged archive comes to, in its list of members or in one of them."""
_SECTIONS: tuple[tuple[str, Kind], ...] = (("resource_schemas", "resource"), ("data_source_schemas", "data"))


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


class Schemas:
    """Schemas by provider source address, kind and type; empty where nothing is cached yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._names: frozenset[str] | None = None
        self._read = cache(self._read_uncached)

    @property
    def known(self) -> bool:
        return bool(self._members())

    def block(self, provider: str, kind: Kind, type_name: str = "") -> BlockSchema | None:
        """The schema of one type, or None if this set of providers has not been asked."""
        return self._read(f"{provider}/{kind}/{type_name}.json")

    def types(self, provider: str, kind: Kind) -> list[str]:
        start = f"{provider}/{kind}/"
        return sorted(n.removeprefix(start).removesuffix(".json") for n in self._members() if n.startswith(start))

    def providers(self) -> list[str]:
        return sorted({n.rsplit("/", 2)[0] for n in self._members()})

    def store(self, document: Mapping[str, Any]) -> None:
        """Replace the cache by a `providers schema -json` document."""
        notes.directory(self.path.parent)
        temporary = notes.free(self.path.with_suffix(".tmp"))
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for provider, body in (document.get("provider_schemas") or {}).items():
                archive.writestr(
                    f"{provider}/provider/.json",
                    jsontext.dumps((body.get("provider") or {}).get("block") or {}),
                )
                for section, kind in _SECTIONS:
                    for name, schema in (body.get(section) or {}).items():
                        block = {**(schema.get("block") or {}), "version": schema.get("version", 0)}
                        archive.writestr(f"{provider}/{kind}/{name}.json", jsontext.dumps(block))
        temporary.replace(notes.free(self.path))
        self.forget()

    def forget(self) -> None:
        self._names = None
        self._read.cache_clear()

    def _members(self) -> frozenset[str]:
        if self._names is None:
            self._names = frozenset()
            if found := notes.open_file(self.path):
                with found, contextlib.suppress(*_BROKEN), zipfile.ZipFile(found) as archive:
                    self._names = frozenset(archive.namelist())
        return self._names

    def _read_uncached(self, member: str) -> BlockSchema | None:
        if member not in self._members():
            return None
        try:
            with zipfile.ZipFile(self.path) as archive:
                schema = jsontext.loads(archive.read(member))
            if isinstance(schema, dict):
                return BlockSchema(schema)
        except _BROKEN:
            pass
        # Without schemas it would not be known what is sensitive.
        notes.clear(self.path)
        raise NivisError.of(
            "The cached provider schemas are damaged",
            f"{self.path} could not be read, so it was removed. Nothing was changed by this step.",
            "Run the command again: the engine is asked anew.",
        )
