"""Taking over an existing root module: blocks that Nix can say move into a flake, the others stay and join.

Data: `.tf` files -> Candidate by address, or a reason why it stays -> flake text and files without those blocks.
Addresses, state and backend stay what they are; that the plan changes nothing is checked by making one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from nivis_tofu.authoring.block_to_nix import Writer
from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.hcl import reader
from nivis_tofu.hcl.blocks import Block, taken_out
from nivis_tofu.hcl.reader import Body, Source, Template, Traversal
from nivis_tofu.nix import syntax
from nivis_tofu.nix.syntax import Raw
from nivis_tofu.project.root_files import text_of
from nivis_tofu.project.root_module import RootModule, is_override

_SEVERAL = {"count", "for_each"}
_META = ("provider", "depends_on", "lifecycle")
_CALL = ("source", "version", "providers", "depends_on")
_LIFECYCLE = {
    "prevent_destroy": "preventDestroy",
    "create_before_destroy": "createBeforeDestroy",
    "ignore_changes": "ignoreChanges",
}
_KINDS = {"resource": "resources", "data": "dataSources", "module": "modules"}
"""Blocks that can move, and the argument of `toIR` they belong to."""


class Stays(Exception):
    """Why a block cannot be written in Nix."""


@immutable
class Candidate:
    """A resource, data source or module call that can move."""

    file: Path
    block: Block
    address: str
    provider: str
    body: Body

    @property
    def id(self) -> str:
        if self.block.kind == "module":
            return self.address
        data = "data." if self.block.kind == "data" else ""
        return f"{data}{self.provider}.{self.address.removeprefix('data.')}"

    @property
    def position(self) -> Position:
        """The file and line where it is, or was before it moved."""
        return Position(self.file.name, text_of(self.file)[: self.block.start].count("\n") + 1)

    @property
    def single(self) -> bool:
        """Whether it is a single object, so that a reference can begin with an attribute."""
        return not self.body.attributes.keys() & _SEVERAL


@mutable
class Adoption:
    """What moves, and what stays (with the reason)."""

    root: RootModule
    moving: dict[str, Candidate] = field(default_factory=dict)
    staying: dict[str, str] = field(default_factory=dict)

    def keep(self, addresses: Mapping[str, str]) -> None:
        """Leave some where they are after all, together with those that name them in `depends_on`."""
        for address, reason in addresses.items():
            if self.moving.pop(address, None):
                self.staying[address] = reason
        before = -1
        while before != len(self.moving):
            before = len(self.moving)
            names = dict.fromkeys(self.moving, "x")
            for address, candidate in list(self.moving.items()):
                try:
                    _meta(candidate, names)
                except Stays as reason:
                    del self.moving[address]
                    self.staying[address] = str(reason)

    @property
    def files(self) -> dict[Path, str]:
        """The `.tf` files without what moves."""
        gone: dict[Path, list[Block]] = {}
        for candidate in self.moving.values():
            gone.setdefault(candidate.file, []).append(candidate.block)
        return {path: taken_out(text_of(path), blocks) for path, blocks in gone.items()}


def survey(root: RootModule) -> Adoption:
    """Sort the blocks of a root module."""
    found = Adoption(root)
    overridden = {name: path.name for path, block in root.all if is_override(path) for name in block.names}
    for path, block in root.all:
        if block.kind not in _KINDS or not block.names or is_override(path):
            continue
        address = block.names[0]
        try:
            if address in overridden:
                raise Stays(f"{overridden[address]} overrides it")
            if path.name.endswith(".json"):
                raise Stays("declared in JSON")
            body = _readable(block)
            provider = "" if block.kind == "module" else _provider(root, block, body)
            found.moving[address] = Candidate(path, block, address, provider, body)
            # What the text needs is known only when all are sorted; a first try tells the rest.
            _meta(found.moving[address], {address: "x"}, lenient=True)
        except Stays as reason:
            found.moving.pop(address, None)
            found.staying[address] = str(reason)
    found.keep({})
    return found


def bindings(adoption: Adoption) -> dict[str, str]:
    """What moves by its name in the flake."""
    taken: set[str] = set()
    return {address: syntax.variable(c.block.labels[-1], taken) for address, c in adoption.moving.items()}


def flake(adoption: Adoption, root_path: str) -> str:
    """The flake that declares what moves and joins the rest."""
    names = bindings(adoption)
    writer = Writer({a: n for a, n in names.items() if adoption.moving[a].single})
    lets = {names[c.address]: Raw(_declaration(c, names, writer, root_path)) for c in adoption.moving.values()}
    lists = {
        argument: [Raw(names[a], simple=True) for a, c in adoption.moving.items() if c.block.kind == kind]
        for kind, argument in _KINDS.items()
    }
    providers = {k: Raw(f"lib.mkProvider {syntax.value(v, 4)}") for k, v in _providers(adoption).items()}
    filled = {k: v for k, v in lists.items() if v or k == "resources"}
    return syntax.flake(lets, {"rootModule": root_path, "providers": providers, **filled})


def _declaration(c: Candidate, names: Mapping[str, str], writer: Writer, root_path: str) -> str:
    if c.block.kind == "module":
        function, arguments = "mkModule", _call(c, writer, root_path)
    else:
        function = "mkData" if c.block.kind == "data" else "mkResource"
        kind, name = c.block.labels
        config = writer.body(c.body.without(*_META))
        arguments = {"provider": c.provider, "type": kind, "name": name, "config": config}
    if meta := _meta(c, names, writer):
        arguments["meta"] = meta
    return f"lib.{function} {syntax.value(arguments, 3)}"


def _call(c: Candidate, writer: Writer, root_path: str) -> dict[str, Any]:
    source = str(c.body.attributes["source"])
    if source.startswith("."):
        path = os.path.normpath(f"{root_path}/{source}")
        source = path if path.startswith("..") else f"./{path}"
    arguments: dict[str, Any] = {"source": source, "name": c.block.labels[0]}
    if version := c.body.attributes.get("version"):
        arguments["version"] = version
    return {**arguments, "config": writer.body(c.body.without(*_CALL))}


def _readable(block: Block) -> Body:
    try:
        body = reader.body(reader.inside(block.text))
    except (ValueError, IndexError, RecursionError):
        raise Stays("its text is more than this reader understands") from None
    if block.kind == "module":
        if "providers" in body.attributes:
            raise Stays("a module call that is given provider configurations, which the `.tf` files hold")
        if not isinstance(body.attributes.get("source"), str):
            raise Stays("a module call whose source is no constant")
    if block.kind == "data" and any(kind == "lifecycle" for kind, _, _ in body.blocks):
        raise Stays("a data source with `lifecycle`")
    # Its paths hold in the directory of the `.tf` files, and its text is the engine's in both places.
    if any(re.search(r"\bpath\.module\b", s.text) for s in _sources(body)) and block.kind == "module":
        raise Stays("a module call with `path.module` in an argument")
    return body


def _sources(value: Any) -> Iterator[Source | Traversal]:
    match value:
        case Source() | Traversal():
            yield value
        case Template(parts):
            yield from (s for part in parts for s in _sources(part))
        case Body():
            yield from _sources(value.attributes)
            for _, _, inner in value.blocks:
                yield from _sources(inner)
        case dict():
            yield from (s for item in value.values() for s in _sources(item))
        case list():
            yield from (s for item in value for s in _sources(item))


def _provider(root: RootModule, block: Block, body: Body) -> str:
    match body.attributes.get("provider"):
        case None:
            name = block.labels[0].split("_")[0]
        case Source(text) | Traversal(_, text) if "." not in text:
            name = text
        case _:
            raise Stays("a provider configuration with an alias, which the `.tf` files hold")
    entry = root.terraform.get("required_providers", {}).get(name, {})
    if isinstance(entry, dict) and entry.get("source", name).rsplit("/", 1)[-1].lower() != name:
        raise Stays(f"the provider is called `{name}` here only")
    return name


def _meta(
    c: Candidate, moving: Mapping[str, str], writer: Writer | None = None, *, lenient: bool = False
) -> dict[str, Any]:
    """Meta-arguments; without `writer` only what can make a block stay is looked at."""
    out: dict[str, Any] = {}
    needs = c.body.attributes.get("depends_on", [])
    if needs:
        known = [moving.get(n.text) if isinstance(n, Traversal) else None for n in needs]
        if not all(known) and not lenient:
            raise Stays("`depends_on` something that stays")
        if c.block.kind == "data":
            raise Stays("a data source with `depends_on`")
        out["dependsOn"] = [Raw(str(name), simple=True) for name in known]
    for kind, _, inner in c.body.blocks:
        if kind != "lifecycle":
            continue
        if other := inner.attributes.keys() - _LIFECYCLE.keys():
            raise Stays(f"`{', '.join(sorted(other))}` in `lifecycle`")
        cycle: dict[str, Any] = writer.body(Body({}, inner.blocks)) if writer else {}
        for name, value in inner.attributes.items():
            if name == "ignore_changes":
                value = value.text if isinstance(value, Source) else [getattr(v, "text", v) for v in value]
            elif not isinstance(value, bool):
                raise Stays(f"`{name}` is not a constant")
            cycle[_LIFECYCLE[name]] = value
        out["lifecycle"] = cycle
    return out


def _providers(adoption: Adoption) -> dict[str, dict[str, str]]:
    required = adoption.root.terraform.get("required_providers", {})
    out: dict[str, dict[str, str]] = {}
    for name in sorted({c.provider for c in adoption.moving.values() if c.provider}):
        entry = required.get(name, {})
        entry = {"version": entry} if isinstance(entry, str) else entry
        default = "terraform.io/builtin/terraform" if name == "terraform" else f"hashicorp/{name}"
        out[name] = {"source": entry.get("source", default)}
        if "version" in entry:
            out[name]["version"] = entry["version"]
    return out
