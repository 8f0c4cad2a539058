"""Reading the engine's native syntax: bodies of blocks, and expressions as far as they are data.

python-hcl2 parses; what is no literal stays what it is, the source text of an expression, for the engine to evaluate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.code_points import character
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

_TRAVERSAL = regex(r'[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\.\d+|\[\d+\]|\["[^"$%\\]*"\])+\Z')
_STEP = regex(r'\.?([A-Za-z_][\w-]*)|\.(\d+)|\[(\d+)\]|\["([^"]*)"\]')
_ESCAPE = regex(r'\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[nrt"\\])')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@immutable(slots=True)
class Source:
    """An expression that is not plain data: its text."""

    text: str


@immutable(slots=True)
class Traversal:
    """`type.name.attr[0]`: names and indices."""

    steps: tuple[str | int, ...]
    text: str


@immutable(slots=True)
class Template:
    """A string with interpolations: text, and the source of each `${…}`."""

    parts: tuple[str | Source | Traversal, ...]


@immutable
class Body:
    """Attributes by name, and nested blocks in order: type, labels, body."""

    attributes: dict[str, Any]
    blocks: list[tuple[str, tuple[str, ...], Body]]

    def without(self, *names: str) -> Body:
        """The body without attributes and blocks of these names."""
        return Body(
            {k: v for k, v in self.attributes.items() if k not in names}, [b for b in self.blocks if b[0] not in names]
        )


def body(text: str) -> Body:
    """Parse the inside of a block. Raises ValueError for anything not understood."""
    return _Reader(text).body(_parsed(text).children[0])


def inside(block: str) -> str:
    """The body's text of a whole block."""
    return block[block.index("{") + 1 : block.rindex("}")]


def expression(text: str) -> Any:
    """Plain data, a Traversal, a Template, or the Source."""
    return body(f"x = {text}").attributes["x"]


def _parsed(text: str) -> Any:
    import hcl2
    from lark.exceptions import LarkError

    try:
        return hcl2.parses_to_tree(text)
    except LarkError as error:
        raise ValueError(f"not understood: {str(error).splitlines()[0]}") from error


@immutable
class _Reader:
    """Reads nodes of the syntax tree of one text."""

    text: str

    def source(self, node: Any) -> str:
        return self.text[node.meta.start_pos : node.meta.end_pos].strip()

    def body(self, node: Any) -> Body:
        found = Body({}, [])
        for child in _trees(node):
            if child.data == "attribute":
                found.attributes[self.source(child.children[0])] = self.value(child.children[-1])
            elif child.data == "block":
                *head, inner = [c for c in _trees(child) if c.data != "new_line_or_comment"]
                kind, *labels = (self.source(c).strip('"') for c in head)
                found.blocks.append((kind, tuple(labels), self.body(inner)))
        return found

    def value(self, node: Any) -> Any:
        text = self.source(node)
        if node.data == "unary_op" and text.startswith("-"):
            found = self.value(node.children[-1])
            return -found if isinstance(found, int | Decimal) and not isinstance(found, bool) else Source(text)
        inner = next(_trees(node), None) if node.data == "expr_term" else None
        match inner.data if inner is not None else "":
            case "literal_value":
                return {"true": True, "false": False}.get(text)
            case "int_lit":
                return int(text)
            case "float_lit":
                return json_text.number(text)
            case "string":
                return self.template(inner)
            case "heredoc_template" | "heredoc_template_trim":
                return _heredoc(text)
            case "tuple":
                return [self.value(c) for c in _trees(inner) if c.data != "new_line_or_comment"]
            case "object":
                return self.object(inner)
            case _ if _TRAVERSAL.match(text):
                return Traversal(tuple(_steps(text)), text)
            case _:
                return Source(text)

    def object(self, node: Any) -> Any:
        found: dict[str, Any] = {}
        for element in _trees(node):
            if element.data != "object_elem":
                continue
            key = self.key(element.children[0])
            if key is None:
                return Source(self.source(node))
            found[key] = self.value(element.children[-1])
        return found

    def key(self, node: Any) -> str | None:
        """A name, a number or a plain string; None for an expression."""
        text = self.source(node)
        if re.fullmatch(r"[A-Za-z_][\w-]*", text):
            return text
        found = self.value(next(_trees(node)))
        if isinstance(found, str):
            return found
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else None

    def template(self, node: Any) -> Any:
        parts: list[Any] = []
        for part in _trees(node):
            piece = part.children[0]
            if getattr(piece, "data", "") == "interpolation":
                found = self.value(next(_trees(piece)))
                parts.append(found if isinstance(found, Traversal) else Source(self.source(next(_trees(piece)))))
            elif getattr(piece, "type", "") in ("STRING_CHARS", "ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"):
                text = str(piece) if piece.type == "STRING_CHARS" else str(piece)[1:]
                literal = _ESCAPE.sub(lambda m: _ESCAPES.get(m[1]) or character(m[1][1:]), text)
                parts[-1:] = [parts[-1] + literal] if parts and isinstance(parts[-1], str) else [*parts[-1:], literal]
            else:
                return Source(self.source(node))  # a directive, or a `~`
        if all(isinstance(p, str) for p in parts):
            return "".join(parts)
        return Template(tuple(parts))


def _trees(node: Any) -> Iterator[Any]:
    return (child for child in node.children if hasattr(child, "data"))


def _steps(text: str) -> list[str | int]:
    return [a if a else int(b or c) if (b or c) else d for a, b, c, d in _STEP.findall(text)]


def _heredoc(text: str) -> Any:
    """Text as it stands; with interpolations a Template where that is simple, else the Source."""
    content = heredoc_text(text)
    if "${" in content.replace("$${", "") or "%{" in content.replace("%%{", ""):
        quoted = content.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        # Quotes inside an interpolation are the expression's own.
        return Source(text) if '"' in quoted else expression(f'"{quoted}"')
    return content.replace("$${", "${").replace("%%{", "%{")


def heredoc_text(text: str) -> str:
    """The lines of a heredoc, without their common indentation if it is of that kind."""
    head, *lines = text.split("\n")
    lines = lines[:-1]
    if head.startswith("<<-"):
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        lines = [line[indent:] for line in lines]
    return "".join(f"{line}\n" for line in lines)
