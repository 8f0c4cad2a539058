"""Text for people: what would command a terminal, or hide in it, is written as `\\u001b`."""

from __future__ import annotations

import re

from nivis_tofu.core.regex import regex

_HIDDEN = regex(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # what turns the direction of text, or has no width
    "\u2028\u2029\ufff9-\ufffb\ud800-\udbff\U000e0000-\U000e007f]"  # lines of their own, annotations, no text, tags
)
"""Lower surrogates stay: a file name that is no UTF-8 consists of them, and the streams write it as it is."""

_COLOURS = regex(r"\x1b\[[\d;:]*m")


def uncoloured(text: str) -> str:
    """What another program said, without its colours: many have them even where no terminal listens."""
    return _COLOURS.sub("", text)


def block(text: str) -> str:
    """Several lines of text with control characters made visible."""
    if all(map(str.isprintable, text.split("\n"))):  # nearly every text, without compiling the pattern
        return text
    return _HIDDEN.sub(_escaped, text)


def line(text: str) -> str:
    """Text for use within a line (an id, a name, a path), with control characters and newlines made visible."""
    return block(text).replace("\n", "\\n")


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
