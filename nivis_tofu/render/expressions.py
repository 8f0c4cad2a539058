"""Expressions of the engine for values of an IR: traversals, literals, templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from nivis_tofu.core.regex import regex
from nivis_tofu.hcl.quoting import in_quotes, quote
from nivis_tofu.ir.values import Call, Derived, Expr, Leaf, Path, Ref, Value

_IDENTIFIER = regex(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def traversal(address: str, path: Path) -> str:
    """`aws_x.y.attr[0]["odd key"]`."""
    steps = "".join(
        f"[{s}]" if isinstance(s, int) else f".{s}" if _IDENTIFIER.match(s) else f"[{quote(s)}]" for s in path
    )
    return address + steps


def expression(
    value: Value,
    leaf: Callable[[Leaf], str],
    text: Callable[[str], str] = quote,
    number: Callable[[int | Decimal], str] = str,
) -> str:
    """An expression for a value; `leaf`, `text` and `number` give those of leaves, of strings and keys, of numbers."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return number(value)
        case str():
            return text(value)
        case list():
            return "[" + ", ".join(expression(v, leaf, text, number) for v in value) + "]"
        case dict():
            # Parenthesised keys are expressions: no key can be taken for something else.
            items = (f"({text(k)}) = {expression(v, leaf, text, number)}" for k, v in value.items())
            return "{" + ", ".join(items) + "}"
        case _:
            return leaf(value)


def template(expr: Expr, part: Callable[[Ref | Derived | Call], str], *, quoted: bool = False) -> str:
    """A native template: each interpolated part stands bare inside `${…}` and wrapped outside of it.

    `quoted`: as an expression of its own, that is in quotes; only its literal text needs escapes then.
    """
    text, scanner = "", _Scanner()
    for piece in expr.parts:
        if isinstance(piece, str):
            chunks = scanner.feed(piece)
            text += "".join(in_quotes(c) if quoted and literal else c for literal, c in chunks)
            continue
        inner = part(piece)
        if scanner.inside:
            text += inner
        else:
            # A "$" right before "${" would escape it.
            text = re.sub(r"\$+\Z", lambda m: f'${{"{m[0]}"}}', text) if text.endswith("$") else text
            text += f"${{{inner}}}"
    return f'"{text}"' if quoted else text


class _Scanner:
    """Follows template text far enough to know whether its end lies inside an interpolation."""

    def __init__(self) -> None:
        self.stack: list[str] = []  # "{" opened by ${ or %{, "b" a plain brace inside, '"' a quoted string inside

    @property
    def inside(self) -> bool:
        return bool(self.stack) and self.stack[-1] != '"'

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """Go on through `text`; gives it in pieces, each literal text of the template or not."""
        pieces: list[tuple[bool, str]] = []
        i = 0
        while i < len(text):
            start, literal = i, not self.stack
            i = self._step(text, i)
            # The end of the outermost interpolation is not literal text, its beginning neither.
            pieces.append((literal and not self.stack, text[start:i]))
        return pieces

    def _step(self, text: str, i: int) -> int:
        c, two, three = text[i], text[i : i + 2], text[i : i + 3]
        if self.inside:
            match c:
                case '"':
                    self.stack.append('"')
                case "{":
                    self.stack.append("b")
                case "}":
                    self.stack.pop()
            return i + 1
        if three in ("$${", "%%{"):
            return i + 3
        if two in ("${", "%{"):
            self.stack.append("{")
            return i + 2
        if self.stack and c == "\\":
            return i + 2
        if self.stack and c == '"':
            self.stack.pop()
        return i + 1
