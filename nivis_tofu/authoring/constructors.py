"""The Nix text of one constructor, from the schema of its type. Pure.

Data: schema block -> shape (Nix data that `nixgen/check.nix` reads), documentation, formal arguments -> text.
Equal blocks are written once: some types nest the same ones thousands of times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from nivis_tofu.core.immutable import mutable
from nivis_tofu.core.nix_calls import NAME
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.ir.types import type_text
from nivis_tofu.nix import syntax

DOCUMENTED = 300
"""Lines of arguments in a doc comment, the outermost first; some types have a hundred thousand."""
_FORMAL = regex(rf"{NAME}\Z")
_KEYWORDS = frozenset({"if", "then", "else", "assert", "with", "let", "in", "rec", "inherit", "or"})


class Argument(NamedTuple):
    """One thing that stands in a block: an attribute or a nested block."""

    name: str
    type: str
    nesting: str
    """Of what is written as a block: single, group, list, set, map; empty for a plain attribute."""
    body: Mapping[str, Any]
    """The block within; empty for a plain attribute."""
    required: bool
    settable: bool
    most: int
    least: int
    words: tuple[str, ...]
    """What its description begins with: deprecated, sensitive."""
    description: str


def members(block: Mapping[str, Any]) -> Iterator[Argument]:
    """Attributes and nested blocks of a block, sorted by name, what only the provider sets included."""
    # As they are and not as typed values: some types have 50,000 of them, and all are looked at.
    attributes, blocks = block.get("attributes") or {}, block.get("block_types") or {}
    for name in sorted({*attributes, *blocks}):
        yield _attribute(name, attributes[name]) if name in attributes else _block(name, blocks[name])


def _attribute(name: str, found: Mapping[str, Any]) -> Argument:
    nesting, nested = _objects(found)
    required = bool(found.get("required"))
    settable = required or bool(found.get("optional")) or not found.get("computed")
    type_ = ("object" if nesting == "single" else f"{nesting} of objects") if nested else type_text(found.get("type"))
    return Argument(name, type_, nesting, nested, required, settable, 0, 0, _words(found), _description(found))


def _objects(found: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Nesting and block of an attribute that holds objects, also where a type says so, as old providers have it."""
    match found.get("nested_type"), found.get("type"):
        case dict() as nested, _:
            return str(nested.get("nesting_mode") or ""), nested
        case _, [("list" | "set") as nesting, ["object", dict() as fields, *_]]:
            return nesting, {"attributes": {name: {"type": kind, "optional": True} for name, kind in fields.items()}}
        case _:
            return "", {}


def _block(name: str, found: Mapping[str, Any]) -> Argument:
    nesting, body = str(found.get("nesting_mode") or ""), found.get("block") or {}
    least, most = int(found.get("min_items") or 0), int(found.get("max_items") or 0)
    type_ = "block" if nesting in ("single", "group") else f"{nesting} of blocks"
    # A block without anything to set is one that only the provider fills.
    settable = not body or any(inner.settable for inner in members(body))
    return Argument(name, type_, nesting, body, bool(least), settable, most, least, _words(body), _description(body))


def _words(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(word for word in ("deprecated", "sensitive") if found.get(word))


def _description(found: Mapping[str, Any]) -> str:
    return " ".join(str(found.get("description") or "").split())


@mutable
class Shapes:
    """Blocks as Nix data, equal ones under one name."""

    bindings: dict[str, str] = field(default_factory=dict)
    """Text of a block -> the name that it is bound to, in an order in which each follows what it uses."""

    def of(self, block: Mapping[str, Any]) -> str:
        """The text of a block, for the value of a binding."""
        found = list(members(block))
        arguments = "".join(f"      {syntax.key(a.name)} = {self._argument(a)};\n" for a in found if a.settable)
        outputs = "".join(f" {syntax.string(a.name)}" for a in found if not a.settable)
        return f"{{\n    arguments = {{\n{arguments}    }};\n    outputs = [{outputs} ];\n  }}"

    def _argument(self, found: Argument) -> str:
        parts = [f"type = {syntax.string(found.type)};"]
        if found.nesting:
            parts.append(f'nesting = "{found.nesting}"; block = {self._name(self.of(found.body))};')
        parts += ["required = true;"] if found.required else []
        parts += [f"most = {found.most};"] if found.most else []
        parts += [f"{word} = true;" for word in found.words]
        parts += [f"description = {syntax.string(found.description)};"] if found.description else []
        return f"{{ {' '.join(parts)} }}"

    def _name(self, text: str) -> str:
        return self.bindings.setdefault(text, f"block{len(self.bindings)}")


@mutable
class Arguments:
    """The arguments of all types by name, for editors that do not know which type is called."""

    found: dict[str, tuple[Argument, list[str]]] = field(default_factory=dict)

    def add(self, type_: str, schema: BlockSchema) -> None:
        for argument in (a for a in members(schema.data) if a.settable):
            self.found.setdefault(argument.name, (argument, []))[1].append(type_)

    def text(self) -> str:
        rows = []
        for name, (argument, types) in sorted(self.found.items()):
            users = list(dict.fromkeys(types))
            more = f" and {len(users) - 3} more" if len(users) > 3 else ""
            about = f"{', '.join(users[:3])}{more}{f': {argument.description}' if argument.description else ''}"
            rows.append(
                f"  {syntax.key(name)} = {{ type = {syntax.string(argument.type)}; "
                f"description = {syntax.string(about)}; }};\n"
            )
        return f"# {syntax.GENERATED}: the arguments of all types.\n{{\n{''.join(rows)}}}\n"


def constructor(source: str, kind: Kind, name: str, schema: BlockSchema) -> str:
    """The file of one type. `source`: of the provider, for its documentation.

    What the file itself binds ends in `'`, so that no argument of a provider hides it.
    """
    shapes = Shapes()
    shape = shapes.of(schema.data)
    blocks = "".join(f"  {bound} = {text};\n" for text, bound in shapes.bindings.items())
    doc = "\n".join(f"    {row}".rstrip() for row in documentation(source, kind, name, schema))
    function, bound = "data" if kind == "data" else "resource", name if _plain(name) else "constructor"
    formals = "".join(f"          {formal},\n" for formal in _formals(schema, kind))
    return (
        f"# {syntax.GENERATED}\ncheck':\nlet\n{blocks}  shape' = {shape};\nin\n{{\n  shape = shape';\n\n"
        f"  /**\n{doc}\n  */\n  {syntax.key(name)} =\n    name':\n    let\n      {bound} =\n        {{\n{formals}"
        f"          ...\n        }}@given':\n        check'.{function} {syntax.string(name)} shape' name' given';\n"
        f"    in\n    if builtins.isString name' then {bound} else "
        f"check'.whole.{function} {syntax.string(name)} shape' name';\n}}\n"
    )


def _plain(name: str) -> bool:
    return bool(_FORMAL.match(name)) and name not in _KEYWORDS


def _formals(schema: BlockSchema, kind: Kind) -> Iterator[str]:
    """Required ones first, as Nix names the first that is missing; then what nivis takes itself."""
    own = {"provider": "check'.provider", "tofuName": "null"}
    own |= {} if kind == "data" else {own_name("meta", schema): "null"}
    taken = [a for a in members(schema.data) if a.settable and _plain(a.name) and a.name not in own]
    yield from (a.name for a in taken if a.required)
    yield from (f"{a.name} ? null" for a in taken if not a.required)
    yield from (f"{name} ? {default}" for name, default in own.items())


def own_name(name: str, schema: BlockSchema) -> str:
    """What an argument of nivis's own is called where the type has one of this name."""
    return f"nivis_{name}" if name in schema.names else name


def documentation(source: str, kind: Kind, name: str, schema: BlockSchema) -> Iterator[str]:
    """The lines of a doc comment, in Markdown."""
    what = "data source" if kind == "data" else "resource type"
    yield f"`{name}`, a {what} of {_comment(source)}{', deprecated' if schema.data.get('deprecated') else ''}."
    if about := str(schema.data.get("description") or "").strip():
        yield from ("", *_comment(about).splitlines())
    first = next((a.name for a in members(schema.data) if a.required), "")
    yield from ("", f'`{name} "<name>" {{ {f"{first} = …; " if first else ""}… }}`')
    lines = list(_arguments(schema.data))
    yield from ("", "# Arguments", "", *lines[:DOCUMENTED])
    if len(lines) > DOCUMENTED:
        yield "- … and those of blocks further within"
    outputs = [a for a in members(schema.data) if not a.settable]
    if outputs:
        yield from ("", "# Known after the apply", "", *(f"- `{a.name}` ({a.type}){_about(a)}" for a in outputs))


def _arguments(block: Mapping[str, Any]) -> Iterator[str]:
    """One line an argument, required ones first, level by level; those of nested blocks with their path."""
    level = [("", block)]
    seen = 0
    while level and seen <= DOCUMENTED:
        below = []
        for prefix, inner in level:
            settable = sorted((a for a in members(inner) if a.settable), key=lambda a: (not a.required, a.name))
            seen += len(settable)
            yield from (line(prefix, a) for a in settable)
            below += [(f"{prefix}{a.name}.", a.body) for a in settable if a.nesting]
        level = below


def line(prefix: str, found: Argument) -> str:
    bounds = [f"at least {found.least}"] if found.least > 1 else []
    bounds += [f"at most {found.most}"] if found.most else []
    kind = ", ".join([found.type, *bounds])
    return f"- `{prefix}{found.name}`{', required' if found.required else ''} ({kind}){_about(found)}"


def _about(found: Argument) -> str:
    text = _comment(found.description)
    return "".join([*(f", {word}" for word in found.words), f": {text}" if text else ""])


def _comment(text: str) -> str:
    """Nothing in it may end the comment."""
    return text.replace("*/", "* /")
