"""Where a cursor stands in a flake: in the arguments of a resource type, in the name of an output or of a type.

It looks at the text alone, which hardly ever parses while somebody writes in it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nix_calls import NAME, code
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.schema import Kind

_HEAD = regex(rf"(?<![\w.'-])(?!(?:in|then|else|or|inherit)\b)({NAME}(?:\.{NAME})*)(\s+{NAME})?\s*\Z")
_KEY = regex(rf"({NAME}(?:\.{NAME})*)\s*=\s*\Z")
_TYPED = regex(rf"(?:\A|[;{{\s])((?:{NAME}\.)*)({NAME})?\Z")
_REFERENCE = regex(rf'(?:\b(resource|data)\.({NAME})\.)?({NAME})\.refAttr\s+"([^"\n]*)\Z')
_STRING = regex(r'\s*"([^"\n]+)"')
_TYPE_BEGUN = regex(r'\btype\s*=\s*"([^"\n]*)\Z')
_SELECTED = regex(rf"((?:{NAME}\.)+)({NAME})?\Z")
_BLOCKS: dict[str, Kind] = {"resource": "resource", "data": "data"}
ANY = "*"
"""The owner of a type where it may be one of any provider."""
_LIBRARY: dict[str, Kind] = {"mkResource": "resource", "mkResources": "resource", "mkData": "data"}


@immutable(slots=True)
class Cursor:
    """What is written at a cursor.

    `argument`: the name of one, in `path` below a type. `output`: of a type, in a `refAttr`. `type`: of one, after
    `owner` (`aws`) or in a string.
    """

    what: Literal["argument", "output", "type"]
    prefix: str
    kind: Kind = "resource"
    type: str = ""
    path: tuple[str, ...] = ()
    owner: str = ""
    there: frozenset[str] = frozenset()
    """Names that stand beside it already."""


def find(text: str, at: int) -> Cursor | None:
    """What is written at an offset; None where nothing is known of it."""
    before = text[:at]
    plain = code(before)
    if found := _REFERENCE.search(before):
        kind, type_ = (_BLOCKS[found[1]], found[2]) if found[1] else made_by(text, found[3])
        return Cursor("output", found[4], kind, type_) if type_ else None
    if found := _TYPE_BEGUN.search(before):
        return Cursor("type", found[1])
    if plain != before and plain[-1:] == " " and before[-1:] not in " \t":
        return None  # within another string, or a comment
    if argument := _argument(text, plain):
        return argument
    if found := _SELECTED.search(plain):
        owner = found[1].rstrip(".").split(".")
        data = owner[-1] == "data"
        return Cursor("type", found[2] or "", "data" if data else "resource", owner=owner[-2 if data else -1])
    return None


def made_by(text: str, variable: str) -> tuple[Kind, str]:
    """Kind and type of the resource that a variable is bound to; an empty type if that is not to be seen."""
    binding = rf"(?<![\w.'-]){re.escape(variable)}\s*=\s*(?:{NAME}\.)*?(data\.)?({NAME})\s*[\"{{]"
    found = re.search(binding, text)
    if not found:
        return "resource", ""
    if found[2] in _LIBRARY:
        brace = text.find("{", found.end() - 1)
        return _LIBRARY[found[2]], _type(_body(text, brace))
    return ("data" if found[1] else "resource"), found[2]


def _argument(text: str, plain: str) -> Cursor | None:
    """Where the cursor stands if a name is bound in an attribute set."""
    brace = _enclosing(plain, len(plain))
    if brace is None or plain[brace] != "{":
        return None
    inside = plain[brace + 1 :]
    typed = _TYPED.search(inside[_last_separator(inside) :])
    if not typed or "=" in inside[_last_separator(inside) :]:
        return None
    path = tuple(typed[1].rstrip(".").split(".")) if typed[1] else ()
    found = _owner(text, plain, brace, path)
    there = frozenset(_keys(_body(text, brace))) if not path else frozenset()
    return replace(found, prefix=typed[2] or "", there=there - {typed[2] or ""}) if found else None


def _owner(text: str, plain: str, bracket: int, path: tuple[str, ...]) -> Cursor | None:
    """Whose arguments stand in a bracket; `path`: what has been gone down from it."""
    head = re.sub(r"\brec\s*\Z", lambda found: " " * len(found[0]), plain[:bracket])
    key = _KEY.search(head)
    around = _enclosing(plain, bracket)
    if key and around is not None and plain[around] == "{":
        return _owner(text, plain, around, (*key[1].split("."), *path))
    if not key and around is not None and plain[around] == "[" and plain[bracket] == "{":
        return _owner(text, plain, around, path)
    found = None if key else _HEAD.search(head)
    sure = found and (found[1].split(".")[-1] in _LIBRARY or text[found.end(1) : bracket].lstrip().startswith('"'))
    if found and sure:
        return _called(text, bracket, found, path)
    return _in_module(path) or (_called(text, bracket, found, path) if found else None)


def _in_module(path: tuple[str, ...]) -> Cursor | None:
    """A block of a module: `resource.TYPE.NAME = { … }`, at the top or below `config`."""
    match path[1:] if path[:1] == ("config",) else path:
        case [("resource" | "data") as block]:
            return Cursor("type", "", _BLOCKS[block], owner=ANY)
        case [("resource" | "data") as block, type_, _, *below]:
            return Cursor("argument", "", _BLOCKS[block], type_, tuple(below))
        case _:
            return None


def _called(text: str, brace: int, head: re.Match[str], path: tuple[str, ...]) -> Cursor | None:
    """The arguments of a call: of a constructor with a name, of one without, or of the library."""
    words = head[1].split(".")
    if words[-1] in _LIBRARY:
        type_ = _type(_body(text, brace)) if path[:1] == ("config",) else ""
        return Cursor("argument", "", _LIBRARY[words[-1]], type_, path[1:]) if type_ else None
    kind: Kind = "data" if words[-2:-1] == ["data"] else "resource"
    if text[head.end(1) : brace].strip():
        return Cursor("argument", "", kind, words[-1], path)
    # `type { name = …; config = { … }; }`
    return Cursor("argument", "", kind, words[-1], path[1:]) if path[:1] == ("config",) else None


def _enclosing(plain: str, at: int) -> int | None:
    """The bracket that is open at an offset."""
    depth = 0
    for i in range(at - 1, -1, -1):
        if plain[i] in ")]}":
            depth += 1
        elif plain[i] in "([{":
            if depth == 0:
                return i
            depth -= 1
    return None


def _last_separator(inside: str) -> int:
    """Behind the last `;` that belongs to no inner bracket."""
    depth, last = 0, 0
    for i, char in enumerate(inside):
        depth += (char in "([{") - (char in ")]}")
        if char == ";" and depth == 0:
            last = i + 1
    return last


def _body(text: str, brace: int) -> str:
    """What stands in an attribute set that begins here, as far as it goes."""
    plain, depth = code(text), 0
    for i in range(brace, len(plain)):
        depth += (plain[i] in "([{") - (plain[i] in ")]}")
        if depth == 0:
            return text[brace + 1 : i]
    return text[brace + 1 :]


def _type(body: str) -> str:
    """The string that `type` is bound to in the body of an attribute set."""
    found = _STRING.match(body, _keys(body).get("type", len(body)))
    return found[1] if found else ""


def _keys(body: str) -> dict[str, int]:
    """The names that are bound in the body of an attribute set itself, and where their values begin."""
    depth, found = 0, dict[str, int]()
    for match in re.finditer(rf"[(\[{{]|[)\]}}]|({NAME})(?:\.{NAME})*\s*=(?!=)", code(body)):
        if not match[1]:
            depth += 1 if match[0] in "([{" else -1
        elif depth == 0:
            found.setdefault(match[1], match.end())
    return found
