"""Text of the engine's expression language: escaping, literals, traversals."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from nivis_tofu import jsontext
from nivis_tofu.ir import Build, Derived, Expr, Path, Ref, Value

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def escape(text: str) -> str:
    """A user's string as template text that means exactly itself."""
    return text.replace("${", "$${").replace("%{", "%%{")


def quote(text: str) -> str:
    """A quoted string literal of the expression language."""
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escape(body)}"'


def traversal(address: str, path: Path) -> str:
    """`aws_x.y.attr[0]["odd key"]`."""
    steps = "".join(
        f"[{s}]" if isinstance(s, int) else f".{s}" if _IDENTIFIER.match(s) else f"[{quote(s)}]" for s in path
    )
    return address + steps


def decoded(value: object) -> str:
    """An expression for plain JSON data, by its JSON text."""
    return f"jsondecode({quote(jsontext.dumps(value))})"


def expression(value: Value, leaf: Callable[[Ref | Derived | Expr | Build], str]) -> str:
    """An expression for a value; `leaf` gives the expression for each leaf in it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case str():
            return quote(value)
        case list():
            return "[" + ", ".join(expression(v, leaf) for v in value) + "]"
        case dict():
            # Parenthesised keys are expressions: no key can be taken for something else.
            return "{" + ", ".join(f"({quote(k)}) = {expression(v, leaf)}" for k, v in value.items()) + "}"
        case _:
            return leaf(value)


def template(expr: Expr, part: Callable[[Ref | Derived], str]) -> str:
    """A native template: each interpolated part stands bare inside `${…}` and wrapped outside of it."""
    text, scanner = "", _Scanner()
    for piece in expr.parts:
        if isinstance(piece, str):
            scanner.feed(piece)
            text += piece
        else:
            inner = part(piece)
            text += inner if scanner.inside else f"${{{inner}}}"
    return text


class _Scanner:
    """Follows template text far enough to know whether its end lies inside an interpolation."""

    def __init__(self) -> None:
        self.stack: list[str] = []  # "{" opened by ${ or %{, "b" a plain brace inside, '"' a quoted string inside

    @property
    def inside(self) -> bool:
        return bool(self.stack) and self.stack[-1] != '"'

    def feed(self, text: str) -> None:
        i = 0
        while i < len(text):
            c, two, three = text[i], text[i : i + 2], text[i : i + 3]
            if not self.inside:
                if three in ("$${", "%%{"):
                    i += 3
                    continue
                if two in ("${", "%{"):
                    self.stack.append("{")
                    i += 2
                    continue
                if self.stack and c == "\\":
                    i += 2
                    continue
                if self.stack and c == '"':
                    self.stack.pop()
            elif c == '"':
                self.stack.append('"')
            elif c == "{":
                self.stack.append("b")
            elif c == "}":
                self.stack.pop()
            i += 1
