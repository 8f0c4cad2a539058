"""Taking over an existing root module: blocks that Nix can say move into a flake, the others stay and join.

Data: `.tf` files -> Candidate by address, or a reason why it stays -> flake text and files without those blocks.
Addresses, state and backend stay what they are; that the plan changes nothing is checked by making one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nivis_tofu import hclread, nixtext
from nivis_tofu.blocks import Block, without
from nivis_tofu.hclread import Body, Source, Template, Traversal
from nivis_tofu.nixtext import Raw
from nivis_tofu.rootmodule import RootModule

_META = {"count", "for_each", "provider", "depends_on"}
_LIFECYCLE = {
    "prevent_destroy": "preventDestroy",
    "create_before_destroy": "createBeforeDestroy",
    "ignore_changes": "ignoreChanges",
}
_PATH = r"((?:\.[A-Za-z_][\w-]*|\[\d+\])+)"


class Stays(Exception):
    """Why a block cannot be said in Nix."""


@dataclass(frozen=True)
class Candidate:
    """A resource or data block that can move."""

    file: Path
    block: Block
    address: str
    provider: str
    body: Body

    @property
    def id(self) -> str:
        data = "data." if self.block.kind == "data" else ""
        return f"{data}{self.provider}.{self.address.removeprefix('data.')}"


@dataclass
class Adoption:
    """What moves, and what stays with the reason."""

    root: RootModule
    moving: dict[str, Candidate] = field(default_factory=dict)
    staying: dict[str, str] = field(default_factory=dict)

    def keep(self, addresses: Mapping[str, str]) -> None:
        """Leave some where they are after all."""
        for address, reason in addresses.items():
            if self.moving.pop(address, None):
                self.staying[address] = reason

    @property
    def files(self) -> dict[Path, str]:
        """The `.tf` files without what moves."""
        gone: dict[Path, list[Block]] = {}
        for candidate in self.moving.values():
            gone.setdefault(candidate.file, []).append(candidate.block)
        return {path: _tidy(without(path.read_text(encoding="utf-8"), blocks)) for path, blocks in gone.items()}


def survey(root: RootModule) -> Adoption:
    """Sort the blocks of a root module."""
    found = Adoption(root)
    for path, block in root.all:
        if block.kind == "module":
            found.staying[block.names[0]] = "a module call"
        if block.kind not in ("resource", "data"):
            continue
        address = block.names[0]
        try:
            if path.name.endswith(".json"):
                raise Stays("declared in JSON")
            body = _readable(block)
            provider = _provider(root, block, body)
            found.moving[address] = Candidate(path, block, address, provider, body)
            # What the text needs is known only when all are sorted; a first try tells the rest.
            _meta(body, {address: "x"}, lenient=True)
        except Stays as reason:
            found.moving.pop(address, None)
            found.staying[address] = str(reason)
    _settle(found)
    return found


def flake(adoption: Adoption, root_path: str) -> str:
    """The flake that declares what moves and joins the rest."""
    taken: set[str] = set()
    names = {address: nixtext.variable(c.block.labels[1], taken) for address, c in adoption.moving.items()}
    writer = Writer(names)
    lets = [f"      {names[c.address]} = {nixtext.value(Raw(writer.resource(c)))};" for c in adoption.moving.values()]
    providers = _providers(adoption)
    managed = " ".join(names[a] for a, c in adoption.moving.items() if c.block.kind == "resource")
    data = " ".join(names[a] for a, c in adoption.moving.items() if c.block.kind == "data")
    lines = [
        "{",
        '  inputs.nivis.url = "github:wearetechnative/nivis";',
        "  outputs = { self, nivis }: let lib = nivis.lib; in {",
        "    nivis.plan = ledger: let",
        *lets,
        "    in lib.toIR {",
        f"      rootModule = {nixtext.string(root_path)};",
        "      providers = {",
        *(f"        {nixtext.key(k)} = lib.mkProvider {nixtext.value(v, 4)};" for k, v in providers.items()),
        "      };",
        f"      resources = [ {managed} ];",
        *([f"      dataSources = [ {data} ];"] if data else []),
        "      inherit ledger;",
        "    };",
        "  };",
        "}",
    ]
    return "\n".join(lines) + "\n"


class Writer:
    """Values of a block as Nix; references to what moves become references of the library."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        choice = "|".join(sorted((re.escape(a) for a in names), key=len, reverse=True))
        self.mention = re.compile(rf"(?<![\w.-])({choice}){_PATH}") if names else None

    def resource(self, c: Candidate) -> str:
        function = "mkData" if c.block.kind == "data" else "mkResource"
        kind, name = c.block.labels
        arguments: dict[str, Any] = {"provider": c.provider, "type": kind, "name": name, "config": self.body(c.body)}
        if meta := _meta(c.body, self.names):
            arguments["meta"] = meta
        return f"lib.{function} {nixtext.value(arguments, 3)}"

    def body(self, body: Body, *, top: bool = True) -> dict[str, Any]:
        found = {k: self.value(v) for k, v in body.attributes.items() if not (top and k in _META)}
        for kind, _, inner in body.blocks:
            if top and kind == "lifecycle":
                continue
            written = self.body(inner, top=False)
            if kind == "timeouts":
                found[kind] = written
            else:
                found.setdefault(kind, []).append(written)
        return found

    def value(self, value: Any) -> Any:
        match value:
            case Traversal():
                return self.traversal(value) or self.expression(f"${{{value.text}}}")
            case Template():
                pieces = []
                for part in value.parts:
                    if isinstance(part, str):
                        pieces.append(part.replace("${", "$${").replace("%{", "%%{"))
                    else:
                        pieces.append(f"${{{part.text}}}")
                return self.expression("".join(pieces))
            case Source():
                return self.expression(f"${{{value.text}}}")
            case dict():
                return {k: self.value(v) for k, v in value.items()}
            case list():
                return [self.value(v) for v in value]
            case _:
                return value

    def traversal(self, found: Traversal) -> Raw | None:
        size = 3 if found.steps[0] == "data" else 2
        name = self.names.get(".".join(map(str, found.steps[:size])))
        path = found.steps[size:]
        return self.reference(name, path) if name and path else None

    @staticmethod
    def reference(name: str, path: tuple[str | int, ...]) -> Raw:
        if len(path) == 1 and isinstance(path[0], str):
            return Raw(f"{name}.refAttr {nixtext.string(path[0])}")
        return Raw(f"{name}.refPath {nixtext.value(list(path))}")

    def expression(self, text: str) -> Raw:
        """`lib.expr` with references put in where what moves is named."""
        parts: list[Any] = []
        at = 0
        for match in self.mention.finditer(text) if self.mention else ():
            steps = re.findall(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]", match[2])
            path = tuple(a or int(b) for a, b in steps)
            before, after = text[at : match.start()], text[match.end() :]
            whole = before.endswith("${") and after.startswith("}")
            parts += [before[:-2] if whole else before, self.reference(self.names[match[1]], path)]
            at = match.end() + whole
        if not parts:
            return Raw(f"lib.expr {nixtext.string(text)}")
        parts = [p for p in [*parts, text[at:]] if p != ""]
        return Raw(f"lib.expr {nixtext.value(parts)}")


def _readable(block: Block) -> Body:
    try:
        body = hclread.body(hclread.inside(block.text))
    except (ValueError, IndexError, RecursionError):
        raise Stays("its text is more than this reader understands") from None
    for name in ("count", "for_each"):
        if name in body.attributes:
            raise Stays(f"`{name}`: its instances have keys in their addresses")
    for kind, labels, _ in _all_blocks(body):
        if kind in ("dynamic", "provisioner", "connection") or labels:
            raise Stays(f"a `{kind}` block")
    if any("<<" in s.text for s in _sources(body)):
        raise Stays("a template in a heredoc")
    return body


def _all_blocks(body: Body) -> Iterator[tuple[str, tuple[str, ...], Body]]:
    for kind, labels, inner in body.blocks:
        yield kind, labels, inner
        yield from _all_blocks(inner)


def _sources(value: Any) -> Iterator[Source]:
    match value:
        case Source():
            yield value
        case Body():
            yield from _sources(value.attributes)
            for _, _, inner in value.blocks:
                yield from _sources(inner)
        case dict():
            for item in value.values():
                yield from _sources(item)
        case list():
            for item in value:
                yield from _sources(item)
        case Template():
            yield from (p for p in value.parts if isinstance(p, Source))


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


def _meta(body: Body, moving: Mapping[str, str], *, lenient: bool = False) -> dict[str, Any]:
    out: dict[str, Any] = {}
    needs = body.attributes.get("depends_on", [])
    if needs:
        known = [moving.get(n.text) if isinstance(n, Traversal) else None for n in needs]
        if not all(known) and not lenient:
            raise Stays("`depends_on` something that stays")
        out["dependsOn"] = [Raw(str(name), simple=True) for name in known]
    for kind, _, inner in body.blocks:
        if kind != "lifecycle":
            continue
        if inner.blocks or (other := inner.attributes.keys() - _LIFECYCLE.keys()):
            names = ", ".join(sorted(other)) if not inner.blocks else inner.blocks[0][0]
            raise Stays(f"`{names}` in `lifecycle`")
        cycle = {}
        for name, value in inner.attributes.items():
            if name == "ignore_changes":
                value = value.text if isinstance(value, Source) else [getattr(v, "text", v) for v in value]
            elif not isinstance(value, bool):
                raise Stays(f"`{name}` is not a constant")
            cycle[_LIFECYCLE[name]] = value
        out["lifecycle"] = cycle
    return out


def _settle(found: Adoption) -> None:
    """Who depends on something that stays, by `depends_on`, stays as well."""
    before = -1
    while before != len(found.moving):
        before = len(found.moving)
        names = dict.fromkeys(found.moving, "x")
        for address, candidate in list(found.moving.items()):
            try:
                _meta(candidate.body, names)
            except Stays as reason:
                found.keep({address: str(reason)})


def _providers(adoption: Adoption) -> dict[str, dict[str, str]]:
    required = adoption.root.terraform.get("required_providers", {})
    out: dict[str, dict[str, str]] = {}
    for name in sorted({c.provider for c in adoption.moving.values()}):
        entry = required.get(name, {})
        entry = {"version": entry} if isinstance(entry, str) else entry
        default = "terraform.io/builtin/terraform" if name == "terraform" else f"hashicorp/{name}"
        out[name] = {"source": entry.get("source", default)}
        if "version" in entry:
            out[name]["version"] = entry["version"]
    return out


def _tidy(text: str) -> str:
    """Where blocks were, one empty line is left."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n" if text.strip() else ""
