"""Text of the engine's expression language: escaping and literals."""

from __future__ import annotations

from nivis_tofu.core import json_text
from nivis_tofu.core.regex import regex

_UNSAFE = regex(r"\A\ufeff|[$%]*\r(?!\n)")
"""What the engine does not take as it is: it drops a byte order mark, and finds no template after a lone CR."""


def escape(text: str) -> str:
    """A user's string as template text that means exactly itself."""
    if "\r" not in text and not text.startswith("\ufeff"):
        return _escape_markers(text)
    out, at = [], 0
    for found in _UNSAFE.finditer(text):
        out += [_escape_markers(text[at : found.start()]), f'${{"{in_quotes(found[0])}"}}']
        at = found.end()
    return "".join([*out, _escape_markers(text[at:])])


def _escape_markers(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def quote(text: str) -> str:
    """A quoted string literal of the expression language."""
    return f'"{escape(in_quotes(text))}"'


_NOT_BARE = regex(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def in_quotes(text: str) -> str:
    """Text escaped for use inside quotes; template markers stay as they are."""
    return _NOT_BARE.sub(lambda m: _SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", text)


def decoded(value: object) -> str:
    """An expression for plain JSON data, by its JSON text."""
    return f"jsondecode({quote(json_text.dumps(value))})"
