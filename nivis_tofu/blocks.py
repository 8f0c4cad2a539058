"""Top-level blocks of the engine's native syntax: where each begins and ends, what it declares and refers to.

Enough of a scanner to take blocks out of a file without touching a byte of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = re.compile(r'\s*([A-Za-z_][\w-]*)((?:\s+(?:"(?:[^"\\]|\\.)*"|[A-Za-z_][\w-]*))*)\s*\{')
_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w-]*)')
_HEREDOC = re.compile(r"<<-?([A-Za-z_][\w-]*)\r?\n")
_TRAVERSAL = re.compile(r"(?<![\w.-])(data\.)?([A-Za-z_][\w-]*)\.([A-Za-z_][\w-]*)")
_NEWLINE = re.compile(r"\r?\n")
_REST = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_EMPTY = re.compile(r"\A(?:[ \t]*\r?\n)+")
_NAME = re.compile(r"(?:^|[{\n])[^\S\n]*([A-Za-z_][\w-]*)\s*=(?!=)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of one file; `text` is the whole of it."""

    kind: str
    labels: tuple[str, ...]
    start: int
    end: int
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """What others call what it declares: addresses, `local.x`, `var.x`, `output.x`, `provider.x`."""
        match self.kind, self.labels:
            case "resource", (kind, name):
                return (f"{kind}.{name}",)
            case ("data" | "ephemeral") as mode, (kind, name):
                return (f"{mode}.{kind}.{name}",)
            case ("module" | "output" | "provider") as mode, (name, *_):
                return (f"{mode}.{name}",)
            case "variable", (name,):
                return (f"var.{name}",)
            case "locals", _:
                return tuple(f"local.{name}" for name in _NAME.findall(self.text))
            case _:
                return ()

    @property
    def references(self) -> frozenset[str]:
        """Everything in it that looks like a name of something else; also where it is only text."""
        found = names_in(self.text)
        if self.kind in ("resource", "data"):
            found.add("provider." + self.labels[0].split("_")[0])
        return frozenset(found) - set(self.names)


def names_in(text: str) -> set[str]:
    """Everything in an expression that looks like `type.name`, `data.type.name`, `module.x` …"""
    return {f"{data}{kind}.{name}" for data, kind, name in _TRAVERSAL.findall(text)}


def split(text: str) -> Iterator[Block]:
    """The blocks of a file. What is no block (the engine will refuse it) is passed over."""
    at = 0
    while at < len(text):
        after = skip_comment(text, at)
        if after != at:
            at = after
            continue
        head = _HEAD.match(text, at)
        if head is None or text[at].isspace():
            at += 1
            continue
        end = block_end(text, head.end())
        labels = tuple(a or b for a, b in _LABEL.findall(head[2]))
        yield Block(head[1], labels, at, end, text[at:end])
        at = end


def without(text: str, dropped: list[Block]) -> str:
    """The file without some blocks, every line where it was."""
    for block in sorted(dropped, key=lambda b: -b.start):
        text = text[: block.start] + "".join(_NEWLINE.findall(block.text)) + text[block.end :]
    return text


def taken_out(text: str, dropped: list[Block]) -> str:
    """The file without some blocks, and without the empty lines around them but one; else every byte as it was."""
    for block in sorted(dropped, key=lambda b: -b.start):
        before, after = text[: block.start], text[block.end :]
        if re.search(r"(?:\A|\n)[ \t]*\Z", before) and (rest := _REST.match(after)):
            before, after = before.rstrip(" \t"), after[rest.end() :]
            if re.search(r"(?:\A|\n)\r?\n\Z|\A\Z", before):
                after = _EMPTY.sub("", after, count=1)
            if not after:
                before = re.sub(r"(\n)(?:\r?\n)+\Z", r"\1", before)
        text = before + after
    return text if text.strip("\ufeff \t\r\n") else ""


def block_end(text: str, at: int) -> int:
    """Behind the brace that closes the block whose opening brace is just before `at`."""
    depth = 1
    while at < len(text) and depth:
        after = skip_comment(text, at)
        if after != at:
            at = after
        elif text[at] == '"':
            at = skip_string(text, at + 1)
        elif heredoc := _HEREDOC.match(text, at):
            close = re.compile(rf"^\s*{re.escape(heredoc[1])}\s*$", re.M).search(text, heredoc.end())
            at = close.end() if close else len(text)
        else:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
    return at


def skip_comment(text: str, at: int) -> int:
    if text[at] == "#" or text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text.startswith("/*", at):
        end = text.find("*/", at)
        return len(text) if end < 0 else end + 2
    return at


def skip_string(text: str, at: int) -> int:
    """Behind the closing quote; interpolations may hold strings of their own."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == '"':
            return at + 1
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = block_end(text, at + 2)
        else:
            at += 1
    return at
