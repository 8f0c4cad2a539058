"""Nix source text: which function of the flake a place stands in, and where that one is called.

Enough of the syntax for that: strings and comments are left out, brackets and bindings are matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

NAME = r"[A-Za-z_][A-Za-z0-9_'-]*"
"""Pattern of what Nix takes for a name without quotes."""
_WORD = regex(NAME)
_BINDING = regex(rf"({NAME})\s*=(?!=)\s*")
_LAMBDA = regex(rf"{NAME}\s*(@\s*\{{[^{{}}]*\}}\s*)?:(?=\s)|\{{[^{{}}]*\}}\s*(@\s*{NAME}\s*)?:")
_INHERITED = regex(r"\binherit\b[^;]*\Z")
_NO_CODE = regex(r"(?P<comment>#[^\n]*|/\*.*?\*/)|\"|''", re.S)
_IN_LINE = regex(r"\\.|(?P<end>\")|(?P<code>\$\{)", re.S)
_IN_BLOCK = regex(r"''(?:['$]|\\.?)|(?P<end>'')|(?P<code>\$\{)", re.S)


@immutable(slots=True)
class NixFunction:
    """A function that the flake defines, by offsets into its text."""

    name: str
    start: int
    end: int


def code(text: str) -> str:
    """The text with blanks for comments and for what stands in strings; the same length, the same lines."""
    out: list[str] = []
    at = 0
    while begin := _NO_CODE.search(text, at):
        end = begin.end() if begin["comment"] else _string_end(text, begin.start())
        out += text[at : begin.start()], re.sub(r"[^\n]", " ", text[begin.start() : end])
        at = end
    return "".join([*out, text[at:]])


def _string_end(text: str, at: int) -> int:
    """Behind a string that begins here, with everything that is interpolated into it."""
    special = _IN_LINE if text[at] == '"' else _IN_BLOCK
    at += 1 if special is _IN_LINE else 2
    while found := special.search(text, at):
        if found["end"]:
            return found.end()
        at = _interpolation_end(text, found.end()) if found["code"] else found.end()
    return len(text)


def _interpolation_end(text: str, at: int) -> int:
    depth = 1
    while at < len(text) and depth:
        if text[at] == '"' or text.startswith("''", at):
            at = _string_end(text, at)
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def helper(text: str, line: int, column: int) -> NixFunction | None:
    """The innermost function, bound to a name and called somewhere, in which a place (from 1) stands."""
    plain = code(text)
    place = _offset(text, line, column)
    around = [f for f in _functions(plain) if f.start <= place < f.end]
    return next((f for f in reversed(around) if next(_uses(plain, f), None) is not None), None)


def calls(text: str, function: NixFunction, argument: str) -> list[tuple[int, int]]:
    """(line, column) of the calls of a function with a string among the arguments; of its only call in any case."""
    plain = code(text)
    uses = list(_uses(plain, function))
    named = [at for at in uses if f'"{argument}"' in text[at : _end(plain, at)]]
    found = named or (uses if len(uses) == 1 else [])
    return [position(text, at) for at in found]


def position(text: str, offset: int) -> tuple[int, int]:
    """(line, column) of an offset, from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _offset(text: str, line: int, column: int) -> int:
    rows = text.split("\n")
    return sum(len(row) + 1 for row in rows[: line - 1]) + column - 1


def _functions(plain: str) -> list[NixFunction]:
    """By where they begin, so that inner ones come after those around them."""
    return [
        NixFunction(found[1], found.start(), _end(plain, found.end()))
        for found in _BINDING.finditer(plain)
        if _LAMBDA.match(plain, found.end()) and plain[found.start() - 1 : found.start()] != "."
    ]


def _uses(plain: str, function: NixFunction) -> Iterator[int]:
    """Where a function's name stands elsewhere, as a value."""
    for found in _WORD.finditer(plain):
        inside = function.start <= found.start() < function.end
        before = plain[found.start() - 1 : found.start()]
        if found[0] != function.name or inside or before in (".", "-"):
            continue
        if not _names(plain, found.end()) and not _INHERITED.search(plain, 0, found.start()):
            yield found.start()


def _names(plain: str, at: int) -> bool:
    """Is what ends here the name of a binding or of an argument?"""
    return re.match(r"\s*(=(?!=)|:(?=\s)|[?@])", plain[at:]) is not None


def _end(plain: str, at: int) -> int:
    """Where an expression ends that begins here: at a `;`, or at a bracket that it did not open."""
    depth = 0
    for i in range(at, len(plain)):
        char = plain[i]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if depth < 0 or (char == ";" and depth == 0 and not _in_let(plain, at, i)):
            return i
    return len(plain)


def _in_let(plain: str, start: int, end: int) -> bool:
    """Does a `;` belong to a `let` that is still open?"""
    words = [found[0] for found in _WORD.finditer(plain[start:end])]
    return words.count("let") > words.count("in")
