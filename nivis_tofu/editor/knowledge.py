"""What is known of a provider's types, as completions and as documentation; from schemas that runs and `gen` cached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nivis_tofu.authoring.constructors import Argument, documentation, line, members
from nivis_tofu.core.immutable import immutable
from nivis_tofu.editor.cursor import ANY, Cursor
from nivis_tofu.ir.providers import BUILTIN
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.project.schema_cache import Schemas

MOST = 200
"""Completions that are sent at once; an editor asks again while one types."""
_CACHES, _STACKS = ("schema.zip", "gen/schema.zip"), "stacks/*/schema.zip"
_OWN = {
    "provider": "A key of `providers`, where it is not the provider's own name.",
    "meta": "`dependsOn`, `lifecycle`, `timeouts`, …",
    "tofuName": "The name that the engine has for it.",
}


@immutable(slots=True)
class Completion:
    label: str
    detail: str
    about: str
    text: str
    """What is inserted."""


@immutable
class Knowledge:
    """The schemas of one project."""

    caches: Sequence[Schemas]

    @property
    def is_there(self) -> bool:
        """Is any provider known?"""
        return any(cache.known for cache in self.caches)

    def completions(self, cursor: Cursor) -> list[Completion]:
        """What can be written there, at most `MOST`."""
        found = sorted(self._all(cursor), key=lambda c: c.label)
        return [c for c in found if c.label.startswith(cursor.prefix) and c.label not in cursor.there][:MOST]

    def explained(self, cursor: Cursor) -> str:
        """Markdown on what stands there; empty where nothing is known of it."""
        if cursor.what == "type":
            return self._type(cursor.kind, cursor.prefix) or self._type("data", cursor.prefix)
        found = next((a for a in self._members(cursor) if a.name == cursor.prefix), None)
        if found is None:
            return ""
        return "\n\n".join([line("", found).removeprefix("- "), *self._nested(found)])

    def _all(self, cursor: Cursor) -> Iterator[Completion]:
        if cursor.what == "type":
            yield from self._types(cursor)
            return
        for found in self._members(cursor):
            if cursor.what == "output":
                yield Completion(found.name, found.type, found.description, found.name)
            elif found.settable:
                yield Completion(found.name, ", ".join(_marks(found)), found.description, f"{found.name} = $0;")
        if cursor.what == "argument" and not cursor.path and self._block(cursor.kind, cursor.type):
            yield from (Completion(name, "nivis", about, f"{name} = $0;") for name, about in _OWN.items())

    def _types(self, cursor: Cursor) -> Iterator[Completion]:
        kinds: tuple[Kind, ...] = (cursor.kind,) if cursor.owner else ("resource", "data")
        for source, name in dict.fromkeys((s, n) for s, k, n in self._known() if k in kinds):
            if cursor.owner in ("", ANY) or source.rsplit("/", 1)[-1] == cursor.owner:
                yield Completion(name, source, "", name)

    def _known(self) -> Iterator[tuple[str, Kind, str]]:
        kinds: tuple[Kind, ...] = ("resource", "data")
        for cache in self.caches:
            for source in cache.providers():
                yield from ((source, kind, name) for kind in kinds for name in cache.types(source, kind))

    def _block(self, kind: Kind, type_: str) -> tuple[str, BlockSchema] | None:
        for cache in self.caches:
            for source in (*cache.providers(), BUILTIN):
                if type_ and (found := cache.block(source, kind, type_)):
                    return source, found
        return None

    def _members(self, cursor: Cursor) -> list[Argument]:
        found = self._block(cursor.kind, cursor.type)
        block: Any = found[1].data if found else {}
        for name in cursor.path:
            block = next((a.body for a in members(block) if a.name == name and a.nesting), {})
        return list(members(block))

    def _type(self, kind: Kind, type_: str) -> str:
        found = self._block(kind, type_)
        return "\n".join(documentation(found[0], kind, type_, found[1])) if found else ""

    def _nested(self, found: Argument) -> Iterator[str]:
        inner = [a for a in members(found.body) if a.settable]
        if inner:
            yield "\n".join(line(f"{found.name}.", a) for a in inner)


def knowledge_for(file: Path) -> Knowledge:
    """What is cached for the project that a file belongs to."""
    home = next((parent for parent in file.parents if (parent / ".nivis").is_dir()), file.parent)
    work = home / ".nivis"
    return Knowledge([*(Schemas(work / name) for name in _CACHES), *map(Schemas, sorted(work.glob(_STACKS)))])


def _marks(found: Argument) -> list[str]:
    return [found.type, *(["required"] if found.required else []), *found.words]
