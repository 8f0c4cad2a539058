"""Characters by their number, as escapes in texts of other programs name them."""

from __future__ import annotations

REPLACEMENT = "\ufffd"
_LAST = 0x10FFFF
_HALVES = range(0xD800, 0xE000)


def character(digits: str) -> str:
    """The character with this number in hexadecimal; U+FFFD where there is none, as the engine reads it."""
    number = int(digits, 16)
    return chr(number) if number <= _LAST and number not in _HALVES else REPLACEMENT
