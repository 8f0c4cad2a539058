"""What Nix and the module system of nixpkgs say: printed values without ours, and the place that is meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.regex import regex

UNKNOWN_VALUE = "a value of nivis that is not known yet"
# As its printer writes an attribute set that has our tag, cut off after some lines or not.
_TAGGED = regex(
    r"^(?P<margin> *+)(?P<before>.*)\{\n +__nivis = <function>;\n(?:(?P=margin) +.*\n)*"
    r" *(?:\.\.\.|\}(?P<after>;?))$",
    re.MULTILINE,
)
_INLINE = "{ __nivis = "
"""How Nix itself, since 2.20, begins to print such a set."""
_PRINTED = regex(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)
_OPTION = regex(r"[Oo]ption `([^']+)'")
_DEFINED_IN = regex(r"[Ii]n `([^']+)'")
_DECLARED = regex(r"\boptions\.[\w.\"'-]*\Z")
_STEP = regex(r'"[^"]*"|[^."]+')


def told(message: str) -> str:
    """A message without the insides of our values, which may be secret."""
    message = _TAGGED.sub(lambda m: f"{m['margin']}{m['before']}<{UNKNOWN_VALUE}>{m['after'] or ''}", message)
    shown, at = [], 0
    while (start := message.find(_INLINE, at)) >= 0:
        shown += [message[at:start], f"<{UNKNOWN_VALUE}>"]
        at = _end(message, start)
    return "".join([*shown, message[at:]])


def _end(text: str, start: int) -> int:
    """Behind the attribute set that begins there, or where the line ends if it never does."""
    depth = 0
    for found in _PRINTED.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    line = text.find("\n", start)
    return len(text) if line < 0 else line


def place(message: str, text_of: Callable[[str], str]) -> Position | None:
    """Where the first definition that a message speaks of is written, as far as its file tells."""
    option = _OPTION.search(message)
    if not option:
        return None
    names = [step.strip('"') for step in _STEP.findall(option[1]) if "[" not in step]
    for file in _DEFINED_IN.findall(message):
        for name in reversed(names):
            for found in _places(file, text_of(file), name):
                return found
    return None


def _places(file: str, text: str, name: str) -> Iterator[Position]:
    spelt = re.compile(rf"(?<![\w'-])\"?{re.escape(name)}\"?(?=\s*[=.])")
    for number, row in enumerate(text.splitlines(), 1):
        found = spelt.search(row.partition("#")[0])
        if found and not _DECLARED.search(row[: found.start()]):
            yield Position(file, number, found.start() + 1)
