"""`gen`: typed constructors for a provider's resources, from its schema: one Nix file a type, read lazily.

Data: schema blocks -> shapes (Nix data that `nixgen/check.nix` reads) and documentation -> files.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.nix import syntax
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.system.destination import Destinations, head
from nivis_tofu.system.files import write_if_changed

if TYPE_CHECKING:
    from jinja2 import Environment

DEEP = 4
"""Levels of nested blocks that are documented; some providers nest the same ones without end."""
_LISTED = re.compile(r"load \./((?:resources|data)/[^/;]+\.nix);")
"""What the index names."""
_FOLDERS: tuple[tuple[str, Kind], ...] = (("resources", "resource"), ("data", "data"))


@dataclass(frozen=True)
class Generated:
    resources: int
    data: int
    source: str


def generate(schemas: Schemas, source: str, pattern: str, out: Path, places: Destinations) -> Generated:
    """Write the constructors of one provider; `pattern`: which types."""
    types: dict[Kind, list[str]] = {
        kind: [t for t in schemas.types(source, kind) if fnmatch.fnmatchcase(t, pattern)] for _, kind in _FOLDERS
    }
    if not any(types.values()):
        known = len(schemas.types(source, "resource"))
        raise NivisError.of("No such type", f"None of the {known} resource types of {source} matches `{pattern}`.")
    _clear(places.directory(out))
    environment = _environment()
    page = environment.get_template("type.nix.j2")
    for folder, kind in _FOLDERS:
        for name in types[kind]:
            block = schemas.block(source, kind, name)
            assert block
            write(out / folder / f"{name}.nix", page.render(_page(name, kind, block)) + "\n")
    write(out / "check.nix", (templates() / "check.nix").read_text(encoding="utf-8"))
    index = environment.get_template("index.nix.j2")
    text = index.render(
        source=source,
        name=source.rsplit("/", 1)[-1],
        directory=out.name,
        example=(types["resource"] or ["data." + types["data"][0]])[0],
        resources=types["resource"],
        data=types["data"],
    )
    write(out / "default.nix", text + "\n")
    return Generated(len(types["resource"]), len(types["data"]), source)


def templates() -> Path:
    return Path(__file__).parents[1] / "nixgen"


def write(path: Path, text: str) -> None:
    """The user commits these: they are as public as the rest of the project."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    write_if_changed(path, text)
    path.chmod(0o644)


def shape(block: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a block as `check.nix` reads them; what only the provider says is no argument."""
    found: dict[str, Any] = {}
    for name, attribute in sorted((block.get("attributes") or {}).items()):
        if attribute.get("computed") and not attribute.get("optional") and not attribute.get("required"):
            continue
        entry: dict[str, Any]
        if nested := attribute.get("nested_type"):
            entry = {"block": nested.get("nesting_mode"), "arguments": shape(nested)}
        else:
            entry = {"type": _kind(attribute.get("type"))}
        found[name] = {**entry, "required": True} if attribute.get("required") else entry
    for name, kind in sorted((block.get("block_types") or {}).items()):
        entry = {"block": kind.get("nesting_mode"), "arguments": shape(kind.get("block") or {})}
        if kind.get("min_items"):
            entry["required"] = True
        if kind.get("max_items"):
            entry["max"] = kind["max_items"]
        found[name] = entry
    return found


def _kind(kind: Any) -> str:
    name = kind[0] if isinstance(kind, list) else kind
    return {"dynamic": "any", "tuple": "list"}.get(name, str(name))


def _page(name: str, kind: Kind, schema: BlockSchema) -> dict[str, Any]:
    return {
        "type": name,
        "function": "data" if kind == "data" else "resource",
        "title": f"`{name}`{' (data source)' if kind == 'data' else ''}",
        "about": _comment(str(schema.data.get("description") or "")),
        "documented": list(_documentation(schema.data)),
        "computed": [
            f"- `{n}`{_about(a)}"
            for n, a in sorted(schema.attributes.items())
            if a.get("computed") and not a.get("optional")
        ],
        "shape": syntax.value(shape(schema.data)),
    }


def _documentation(block: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """One line an argument, required ones first, those of nested blocks with their path."""
    lines: list[tuple[bool, str, str]] = []
    nested: list[tuple[str, Mapping[str, Any]]] = []
    for name, attribute in (block.get("attributes") or {}).items():
        if attribute.get("computed") and not attribute.get("optional") and not attribute.get("required"):
            continue
        inner = attribute.get("nested_type")
        kind = f"{inner.get('nesting_mode')} of objects" if inner else _typed(attribute.get("type"))
        lines.append((not attribute.get("required"), f"{prefix}{name}", f"({kind}){_about(attribute)}"))
        if inner:
            nested.append((name, inner))
    for name, kind in (block.get("block_types") or {}).items():
        words = "block" if kind.get("nesting_mode") in ("single", "group") else f"{kind.get('nesting_mode')} of blocks"
        lines.append((not kind.get("min_items"), f"{prefix}{name}", f"({words}){_about(kind.get('block') or {})}"))
        nested.append((name, kind.get("block") or {}))
    for optional, name, text in sorted(lines):
        yield f"- `{name}` {text}" if optional else f"- `{name}`, required {text}"
    if prefix.count(".") + 1 >= DEEP:
        return
    for name, inner in sorted(nested, key=lambda pair: pair[0]):
        yield from _documentation(inner, f"{prefix}{name}.")


def _typed(kind: Any) -> str:
    match kind:
        case [("list" | "set" | "map") as outer, inner]:
            return f"{outer} of {_typed(inner)}"
        case [outer, *_]:
            return str(outer)
        case _:
            return str(kind)


def _about(item: Mapping[str, Any]) -> str:
    text = _comment(" ".join(str(item.get("description") or "").split()))
    words = [w for w, there in (("deprecated", item.get("deprecated")), ("sensitive", item.get("sensitive"))) if there]
    return "".join([*(f", {w}" for w in words), f": {text}" if text else ""])


def _comment(text: str) -> str:
    """Nothing in it may end the comment."""
    return text.strip().replace("*/", "* /")


def _clear(out: Path) -> None:
    """What an earlier run wrote goes; a directory of the user's is not touched."""
    if not out.exists() or not any(out.iterdir()):
        return
    index = out / "default.nix"
    folders = [out / folder for folder, _ in _FOLDERS]
    ours = (
        {index, out / "check.nix", *folders} if index.is_file() and syntax.GENERATED.encode() in head(index) else set()
    )
    ours |= {out / name for name in _LISTED.findall(index.read_text(encoding="utf-8"))} if ours else set()
    there = [index, out / "check.nix", *folders, *(p for folder in folders for p in folder.rglob("*"))]
    foreign = [p for p in there if os.path.lexists(p) and (p not in ours or p.is_symlink())]
    if foreign or not ours:
        named = f", such as {foreign[0].relative_to(out)}" if foreign else ""
        raise NivisError.of(
            "The directory is not empty",
            f"{out} holds files that `nivis gen` did not write{named}.",
            "Name another --out.",
        )
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Nix, not HTML; comments and strings are escaped above
    )
    found.filters["indented"] = lambda text, n: textwrap.indent(re.sub(r"\n{3,}", "\n\n", text), " " * n)
    found.filters["key"] = syntax.key
    return found
