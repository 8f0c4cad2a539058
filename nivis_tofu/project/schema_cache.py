"""The schemas of a project's providers, asked for once per set of providers and kept below `.nivis/`.

`schema.zip` has one member per resource type, so a run reads only what it uses.
"""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.providers import BUILTIN
from nivis_tofu.ir.schema import BlockSchema, Kind, is_block
from nivis_tofu.system import notes
from nivis_tofu.system.files import private

BROKEN = (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)
"""What a damaged archive comes to, in its list of members or in one of them."""
_SECTIONS: tuple[tuple[str, Kind], ...] = (("resource_schemas", "resource"), ("data_source_schemas", "data"))

_DATA = {"id": ("string", "computed"), "output": ("dynamic", "computed")}
_DATA |= dict.fromkeys(("input", "triggers_replace"), ("dynamic", "optional"))
_BUILT_IN = {
    f"{BUILTIN}/resource/terraform_data.json": BlockSchema(
        {"attributes": {name: {"type": type_, how: True} for name, (type_, how) in _DATA.items()}}
    )
}
"""Known without asking: the same in every engine."""


class Schemas:
    """Schemas by provider source address, kind and type; empty where nothing is cached yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._names: frozenset[str] | None = None
        self._archive: zipfile.ZipFile | None = None
        """Read at once, since its list of members takes longer to read than most members."""
        self._read = cache(self._read_uncached)

    @property
    def known(self) -> bool:
        return bool(self._members())

    def block(self, provider: str, kind: Kind, type_name: str = "") -> BlockSchema | None:
        """The schema of one type, or None if this set of providers has not been asked."""
        return self._read(f"{provider}/{kind}/{type_name}.json")

    def types(self, provider: str, kind: Kind) -> list[str]:
        start = f"{provider}/{kind}/"
        # An archive cuts off a name at a NUL, and with it the ending.
        found = (n.removesuffix(".json") for n in self._members() if n.startswith(start) and n.endswith(".json"))
        return sorted(n.removeprefix(start) for n in found)

    def providers(self) -> list[str]:
        return sorted({n.rsplit("/", 2)[0] for n in self._members()})

    def store(self, document: Mapping[str, Any]) -> None:
        """Replace the cache by a `providers schema -json` document."""
        notes.directory(self.path.parent)
        temporary = notes.free(self.path.with_suffix(".tmp"))
        with (
            open(temporary, "wb", opener=private) as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            for provider, body in (document.get("provider_schemas") or {}).items():
                archive.writestr(
                    f"{provider}/provider/.json",
                    json_text.dumps((body.get("provider") or {}).get("block") or {}),
                )
                for section, kind in _SECTIONS:
                    for name, schema in (body.get(section) or {}).items():
                        block = {**(schema.get("block") or {}), "version": schema.get("version", 0)}
                        archive.writestr(f"{provider}/{kind}/{name}.json", json_text.dumps(block))
        temporary.replace(notes.free(self.path))
        self.forget()

    def forget(self) -> None:
        self._names, self._archive = None, None
        self._read.cache_clear()

    def _members(self) -> frozenset[str]:
        if self._names is None:
            self._names = frozenset()
            if found := notes.open_file(self.path):
                with found, contextlib.suppress(*BROKEN):
                    self._archive = zipfile.ZipFile(io.BytesIO(found.read()))
                    self._names = frozenset(self._archive.namelist())
        return self._names

    def _read_uncached(self, member: str) -> BlockSchema | None:
        if member not in self._members():
            return _BUILT_IN.get(member)
        try:
            assert self._archive
            schema = json_text.loads(self._archive.read(member))
            if is_block(schema):
                return BlockSchema(schema)
        except BROKEN:
            pass
        # Without schemas it would not be known what is sensitive.
        notes.clear(self.path)
        raise NivisError.of(
            "The cached provider schemas are damaged",
            f"{self.path} could not be read, so it was removed. Nothing was changed by this step.",
            "Run the command again: the schemas are fetched again.",
        )
