"""Top-level blocks of the engine's native syntax: where each begins and ends, what it declares and refers to.

Enough of a scanner to take blocks out of a file without touching a byte of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

_WORDS = regex(r'([A-Za-z_][\w-]*)((?:\s+(?:"(?:[^"\\]|\\.)*"|[A-Za-z_][\w-]*))*)(\s*\{)?')
"""What a block may begin with, and its opening brace. It always matches, so that it looks at nothing twice."""
_WORD = regex(r"[A-Za-z_][\w-]*")
_BEGINS = regex(r"[A-Za-z_#/]")
"""Where a block, an argument or a comment may begin."""
_LABEL = regex(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w-]*)')
_HEREDOC = regex(r"<<-?([A-Za-z_][\w-]*)\r?\n")
_TRAVERSAL = regex(r"(?<![\w.-])(data\.)?([A-Za-z_][\w-]*)\.([A-Za-z_][\w-]*)")
_NEWLINE = regex(r"\r?\n")
_REST = regex(r"[ \t]*(?:\r?\n|\Z)")
_EMPTY = regex(r"\A(?:[ \t]*\r?\n)+")
_NAME = regex(r"([A-Za-z_][\w-]*)\s*=(?!=)")
_PROVIDER = regex(r"(?<![\w.-])([A-Za-z_][\w-]*)(?:\.([A-Za-z_][\w-]*))?")
_KEY = regex(r'"[^"]*"\s*[:=]|(?<![\w.-])[\w.-]+\s*[:=]')
_TURN = regex(r"""["#/<]""")
"""Where something that is no code may begin."""
_TRAVERSALS = ("depends_on", "provider", "providers", "replace_triggered_by", "from", "to")
"""Arguments whose strings are names and not text: in JSON always, in the native syntax of old."""


@immutable(slots=True)
class Block:
    """One block of one file, or one of its local values; `text` is the whole of it."""

    kind: str
    labels: tuple[str, ...]
    start: int
    end: int
    text: str
    json: bool = False
    """Is `text` the body in JSON?"""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that refer to what it declares: addresses, `local.x`, `var.x`, `output.x`, `provider.x`."""
        match self.kind, self.labels:
            case "resource", (kind, name):
                return (f"{kind}.{name}",)
            case ("data" | "ephemeral") as mode, (kind, name):
                return (f"{mode}.{kind}.{name}",)
            case ("module" | "output") as mode, (name, *_):
                return (f"{mode}.{name}",)
            case "provider", (name, *_):
                # Each configuration of a provider is a thing of its own.
                alias = self._plain("alias")
                return (f"provider.{name}.{alias}" if alias else f"provider.{name}",)
            case "variable", (name,):
                return (f"var.{name}",)
            case "locals", (name,):
                return (f"local.{name}",)
            case "locals", ():
                return tuple(f"local.{name}" for name in self.arguments)
            case _:
                return ()

    @property
    def arguments(self) -> Mapping[str, str]:
        """The text of each argument of the body itself, those of nested blocks not counted."""
        if self.json:
            body = json_text.loads(self.text)
            return {k: json_text.dumps(v) for k, v in body.items()} if isinstance(body, dict) else {}
        return {name: self.text[value:end] for name, _, value, end in _arguments(self.text)}

    @property
    def references(self) -> frozenset[str]:
        """The names it refers to; comments and plain text do not count."""
        found = set(_names_in_json(json_text.loads(self.text))) if self.json else names_in(self.text)
        arguments = self.arguments
        for name in _TRAVERSALS:
            # Written as strings in old files.
            found |= names_in(arguments.get(name, "").replace('"', ""))
        if self.kind in ("resource", "data", "ephemeral"):
            wanted = _providers(arguments.get("provider", ""))
            found |= wanted or {"provider." + self.labels[0].split("_")[0]}
        elif self.kind == "module":
            found |= _providers(arguments.get("providers", ""))
        return frozenset(found) - set(self.names)

    def _plain(self, argument: str) -> str:
        found = re.match(r'\s*"([^"]*)"', self.arguments.get(argument, ""))
        return found[1] if found else ""


def locals_of(block: Block) -> Iterator[Block]:
    """Each value of a `locals` block by itself: for the engine they have nothing to do with each other."""
    for name, start, _, end in _arguments(block.text):
        text = f"locals {{\n{block.text[start:end]}\n}}"  # a block again, for whoever reads it
        yield Block("locals", (name,), block.start + start, block.start + end, text)


def names_in(code: str) -> set[str]:
    """Every `type.name`, `data.type.name`, `module.x` … in native syntax, those in strings' templates included."""
    return _named(" ".join(_code(code)))


def names_in_template(text: str) -> set[str]:
    """The same for a template: only what stands inside `${…}` and `%{…}` counts."""
    return set().union(*map(names_in, _interpolations(text, 0, len(text), escapes=False)))


def _named(code: str) -> set[str]:
    return {f"{data}{kind}.{name}" for data, kind, name in _TRAVERSAL.findall(code)}


def _providers(text: str) -> set[str]:
    """`aws.east` -> `provider.aws.east`; of a map, in either syntax, the values."""
    values = " ".join(_code(_KEY.sub(" ", text).replace('"', "")))
    return {f"provider.{name}.{alias}" if alias else f"provider.{name}" for name, alias in _PROVIDER.findall(values)}


def _names_in_json(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield from names_in_template(value)
        case list():
            for item in value:
                yield from _names_in_json(item)
        case dict():
            for key, item in value.items():
                yield from names_in_template(key)
                yield from _names_in_json(item)


def _code(text: str) -> Iterator[str]:
    """What of native syntax is code: no comments, and of strings and heredocs only what is interpolated."""
    start = at = 0
    while found := _TURN.search(text, at):
        at = found.start()
        if (after := skip_comment(text, at)) != at:
            inside, end = (after, after), after
        elif text[at] == '"':
            end = skip_string(text, at + 1)
            inside = (at + 1, end - 1)
        elif heredoc := _HEREDOC.match(text, at):
            end = _heredoc_end(text, heredoc)
            inside = (heredoc.end(), end)
        else:
            at += 1
            continue
        yield text[start:at]
        for inner in _interpolations(text, *inside, escapes=text[at] == '"'):
            yield from _code(inner)
        start = at = end
    yield text[start:]


def _interpolations(text: str, at: int, end: int, *, escapes: bool) -> Iterator[str]:
    """The code inside `${…}` and `%{…}` between two places; `escapes`: a backslash takes the next character."""
    while at < end:
        if escapes and text[at] == "\\":
            at += 2
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            after = block_end(text, at + 2)
            yield text[at + 2 : after - 1]
            at = after
        else:
            at += 1


def _arguments(text: str) -> Iterator[tuple[str, int, int, int]]:
    """(name, where it begins, where its value begins and ends) for each argument of a block; nested blocks not."""
    head = _WORDS.match(text, len(text) - len(text.lstrip()))
    at, end = (head.end(), len(text) - 1) if head and head[3] else (0, 0)
    no_block = at
    while (begins := _BEGINS.search(text, at)) and begins.start() < end:
        at = begins.start()
        if (after := skip_comment(text, at)) != at:
            at = after
        elif found := _NAME.match(text, at):
            stop = min(_value_end(text, found.end()), end)
            yield found[1], at, found.end(), stop
            at = stop
        elif (words := _WORDS.match(text, at) if at >= no_block else None) and words[3]:
            at = block_end(text, words.end())
        else:
            # Of words without a brace behind them none begins a block.
            no_block = words.end() if words else no_block
            at = word.end() if (word := _WORD.match(text, at)) else at + 1


def _value_end(text: str, at: int) -> int:
    """The end of the line, or of the block, that ends an expression."""
    depth = 0
    for place in _plain(text, at):
        char = text[place]
        if not depth and char in "\n)]}":
            return place
        depth += 1 if char in "([{" else -1 if char in ")]}" else 0
    return len(text)


def _plain(text: str, at: int) -> Iterator[int]:
    """The places from here on outside comments, strings and heredocs."""
    while at < len(text):
        if (after := skip_comment(text, at)) != at:
            at = after
        elif text[at] == '"':
            at = skip_string(text, at + 1)
        elif heredoc := _HEREDOC.match(text, at):
            at = _heredoc_end(text, heredoc)
        else:
            yield at
            at += 1


def split(text: str) -> Iterator[Block]:
    """The blocks of a file. Anything else is skipped; the engine will refuse it."""
    at = 0
    while begins := _BEGINS.search(text, at):
        at = begins.start()
        if (after := skip_comment(text, at)) != at:
            at = after
        elif (head := _WORDS.match(text, at)) and head[3]:
            end = block_end(text, head.end())
            labels = tuple(a or b for a, b in _LABEL.findall(head[2]))
            yield Block(head[1], labels, at, end, text[at:end])
            at = end
        else:
            at = head.end() if head else at + 1


def without(text: str, dropped: list[Block]) -> str:
    """The file without some blocks, every line where it was."""
    kept, at = [], 0
    for block in sorted(dropped, key=lambda b: b.start):
        kept += [text[at : block.start], *_NEWLINE.findall(block.text)]
        at = block.end
    return "".join([*kept, text[at:]])


def taken_out(text: str, dropped: list[Block]) -> str:
    """The file without some blocks, and without the empty lines around them but one; else every byte as it was."""
    for block in sorted(dropped, key=lambda b: -b.start):
        before, after = text[: block.start], text[block.end :]
        if (bare := before.rstrip(" \t"))[-1:] in ("", "\n") and (rest := _REST.match(after)):
            before, after = bare, after[rest.end() :]
            if before in ("", "\n", "\r\n") or before.endswith(("\n\n", "\n\r\n")):
                after = _EMPTY.sub("", after, count=1)
            if not after:
                before = before[: before.find("\n", len(before.rstrip("\r\n"))) + 1 or len(before)]
        text = before + after
    return text if text.strip("\ufeff \t\r\n") else ""


def block_end(text: str, at: int) -> int:
    """The index after the brace that closes the block whose opening brace is just before `at`."""
    depth = 1
    for place in _plain(text, at):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place + 1
    return len(text)


def _heredoc_end(text: str, heredoc: re.Match[str]) -> int:
    close = re.compile(rf"^[^\S\n]*{re.escape(heredoc[1])}[^\S\n]*$", re.M).search(text, heredoc.end())
    return close.end() if close else len(text)


def skip_comment(text: str, at: int) -> int:
    if text[at] == "#" or text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text.startswith("/*", at):
        end = text.find("*/", at)
        return len(text) if end < 0 else end + 2
    return at


def skip_string(text: str, at: int) -> int:
    """The index after the closing quote; interpolations may contain strings."""
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
