"""Reading the engine's native syntax: bodies of blocks, and expressions as far as they are data.

What is no literal stays what it is, the source text of an expression, to be evaluated by the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nivis_tofu.blocks import block_end, skip_comment, skip_string

_ATTRIBUTE = re.compile(r"([A-Za-z_][\w-]*)[ \t]*=(?![=>])[ \t]*")
_BLOCK = re.compile(r'([A-Za-z_][\w-]*)((?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w-]*))*)[ \t]*\{')
_HEREDOC = re.compile(r"<<(-?)([A-Za-z_][\w-]*)\r?\n")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\Z")
_TRAVERSAL = re.compile(r'[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\.\d+|\[\d+\]|\["[^"$%\\]*"\])+\Z')
_STEP = re.compile(r'\.?([A-Za-z_][\w-]*)|\.(\d+)|\[(\d+)\]|\["([^"]*)"\]')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Source:
    """An expression that is not plain data: its text."""

    text: str


@dataclass(frozen=True, slots=True)
class Traversal:
    """`type.name.attr[0]`: names and indices."""

    steps: tuple[str | int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A string with interpolations: text, and the source of each `${…}`."""

    parts: tuple[str | Source | Traversal, ...]


@dataclass(frozen=True)
class Body:
    """Attributes by name, and nested blocks in order: type, labels, body."""

    attributes: dict[str, Any]
    blocks: list[tuple[str, tuple[str, ...], Body]]


def body(text: str) -> Body:
    """The inside of a block. Raises ValueError for what is not understood."""
    found = Body({}, [])
    at = 0
    while at < len(text):
        after = skip_comment(text, at)
        if after != at or text[at].isspace() or text[at] in ",;":
            at = max(after, at + 1)
        elif match := _ATTRIBUTE.match(text, at):
            end = expression_end(text, match.end())
            found.attributes[match[1]] = expression(text[match.end() : end])
            at = end
        elif match := _BLOCK.match(text, at):
            end = block_end(text, match.end())
            labels = tuple(label.strip('"') for label in match[2].split())
            found.blocks.append((match[1], labels, body(text[match.end() : end - 1])))
            at = end
        else:
            raise ValueError(f"not understood: {text[at : at + 40]!r}")
    return found


def inside(block: str) -> str:
    """The body's text of a whole block."""
    return block[block.index("{") + 1 : block.rindex("}")]


def expression_end(text: str, at: int) -> int:
    """Where an attribute's expression ends: a line's end outside of all brackets."""
    depth = 0
    while at < len(text):
        if depth == 0 and text[at] == "\n":
            return at
        after = skip_comment(text, at)
        if after != at:
            if depth == 0:
                return at
            at = after
        elif text[at] == '"':
            at = skip_string(text, at + 1)
        elif heredoc := _HEREDOC.match(text, at):
            at = _heredoc_end(text, heredoc)
        else:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
            at += 1
    return at


def expression(text: str) -> Any:
    """Plain data, a Traversal, a Template, or the Source."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return None
    if _NUMBER.match(text):
        return Decimal(text) if re.search(r"[.eE]", text) else int(text)
    if text.startswith('"') and skip_string(text, 1) == len(text):
        return template(text[1:-1])
    if match := _HEREDOC.match(text):
        return _heredoc(text, match)
    if _TRAVERSAL.match(text):
        return Traversal(tuple(_steps(text)), text)
    if text.startswith("[") and _closes(text) and not re.match(r"\[\s*for\b", text):
        return [expression(part) for part in _items(text[1:-1])]
    if text.startswith("{") and _closes(text) and not re.match(r"\{\s*for\b", text):
        return _object(text)
    return Source(text)


def template(inner: str) -> Any:
    """The inside of a quoted string."""
    parts: list[str | Source | Traversal] = []
    literal, at = "", 0
    while at < len(inner):
        if inner[at] == "\\":
            code = inner[at + 1 : at + 2]
            if code in ("u", "U"):
                size = 4 if code == "u" else 8
                literal += chr(int(inner[at + 2 : at + 2 + size], 16))
                at += 2 + size
            else:
                literal += _ESCAPES.get(code, code)
                at += 2
        elif inner.startswith(("$${", "%%{"), at):
            literal += inner[at + 1 : at + 3]
            at += 3
        elif inner.startswith("%{", at):
            return Source(f'"{inner}"')
        elif inner.startswith("${", at):
            end = block_end(inner, at + 2)
            source = inner[at + 2 : end - 1].strip()
            if source.startswith("~") or source.endswith("~"):
                return Source(f'"{inner}"')
            found = expression(source)
            parts += [literal] if literal else []
            parts.append(found if isinstance(found, Traversal) else Source(source))
            literal, at = "", end
        else:
            literal += inner[at]
            at += 1
    if not parts:
        return literal
    return Template((*parts, literal) if literal else tuple(parts))


def _heredoc_end(text: str, match: re.Match[str]) -> int:
    close = re.compile(rf"^[ \t]*{re.escape(match[2])}[ \t]*$", re.M).search(text, match.end())
    return close.end() if close else len(text)


def _heredoc(text: str, match: re.Match[str]) -> Any:
    close = re.compile(rf"^[ \t]*{re.escape(match[2])}[ \t]*\Z", re.M).search(text, match.end())
    if close is None:
        return Source(text)
    lines = text[match.end() : close.start()].split("\n")[:-1]
    if match[1]:
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        lines = [line[indent:] for line in lines]
    content = "".join(line + "\n" for line in lines)
    if "${" in content.replace("$${", "") or "%{" in content.replace("%%{", ""):
        quoted = content.replace("\\", "\\\\").replace("\n", "\\n")
        # Quotes inside an interpolation are the expression's own.
        return Source(text) if '"' in quoted else template(quoted)
    return content.replace("$${", "${").replace("%%{", "%{")


def _steps(text: str) -> list[str | int]:
    return [a if a else int(b or c) if (b or c) else d for a, b, c, d in _STEP.findall(text)]


def _closes(text: str) -> bool:
    """Is the last character the one that closes the first?"""
    depth, at = 0, 0
    while at < len(text):
        if text[at] == '"':
            at = skip_string(text, at + 1)
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at == len(text)
    return False


def _items(text: str) -> list[str]:
    found, depth, at, start = [], 0, 0, 0
    while at < len(text):
        after = skip_comment(text, at)
        if after != at:
            text = text[:at] + text[after:]
        elif text[at] == '"':
            at = skip_string(text, at + 1)
        else:
            if text[at] == "," and depth == 0:
                found.append(text[start:at])
                start = at + 1
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
            at += 1
    found.append(text[start:])
    return [item for item in found if item.strip()]


def _object(text: str) -> Any:
    found: dict[str, Any] = {}
    inner, at = text[1:-1], 0
    while at < len(inner):
        after = skip_comment(inner, at)
        if after != at or inner[at].isspace() or inner[at] == ",":
            at = max(after, at + 1)
            continue
        match = re.compile(r'("(?:[^"\\$%]|\\.)*"|[A-Za-z_][\w-]*)[ \t]*[=:](?!=)').match(inner, at)
        if match is None:
            return Source(text)
        end = _pair_end(inner, match.end())
        found[match[1].strip('"')] = expression(inner[match.end() : end])
        at = end
    return found


def _pair_end(text: str, at: int) -> int:
    """An element of an object ends at a line's end, or at a comma."""
    depth, limit = 0, expression_end(text, at)
    while at < limit:
        if text[at] == '"':
            at = skip_string(text, at + 1)
            continue
        if text[at] == "," and depth == 0:
            return at
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
        at += 1
    return limit
