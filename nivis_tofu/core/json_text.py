"""JSON as text: integers of any size and decimals survive, output is byte-stable."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

# `simplejson` is loaded where it is used: `make setup` imports the modules that run processes, and packages come later.

_LARGEST = 4300
"""Digits before or after the point of a number; Python's own limit for integers."""
_LONG = 1_000
"""Characters of a string of which one copy is enough."""
_AT_ONCE = 100
"""So many entries of an object are one piece of text."""
HALVES = ("\\ud", "\\uD")
"""Begin half of a surrogate pair, as it is written."""


class TooDeepError(ValueError):
    """Nested more deeply than anything that makes sense."""


def loads(text: str | bytes, *, share: bool = False) -> Any:
    """Parse; fractions become Decimal, never float. Raises ValueError for what cannot be read, however deep or large.

    `share`: long strings that are equal are one object, which takes some time and may save much memory.

    Half of a surrogate pair, which no file or terminal can hold, becomes U+FFFD, as the engine reads it.
    """
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        found = (sharing() if share else _decoder()).decode(text)
        return whole(found) if any(half in text for half in HALVES) else found
    except RecursionError:
        raise TooDeepError("nested too deeply") from None


@functools.cache
def _decoder() -> Any:
    """One for all: `simplejson.loads` makes one each time, which costs more than to read a line of the stream."""
    import simplejson

    return simplejson.JSONDecoder(parse_float=number)


def sharing() -> Any:
    """A decoder for one document, or for its parts one after the other: names and long strings are one object each."""
    import simplejson

    seen: dict[str, str] = {}

    def shared(found: dict[str, Any]) -> dict[str, Any]:
        return {
            sys.intern(name): seen.setdefault(value, value) if type(value) is str and len(value) > _LONG else value
            for name, value in found.items()
        }

    return simplejson.JSONDecoder(parse_float=number, object_hook=shared)


def number(text: str) -> Decimal:
    """A number with all its digits. Raises ValueError for what is none, or so large that its digits fill the memory."""
    try:
        found = Decimal(text)
    except ArithmeticError:
        raise ValueError("not a number") from None
    if not found.is_finite() or abs(found.adjusted()) > _LARGEST:
        raise ValueError("a number out of range")
    return found


def whole(value: Any) -> Any:
    """The value without halves of pairs."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [whole(item) for item in value]
        case dict():
            return {whole(key): whole(item) for key, item in value.items()}
        case _:
            return value


def dumps(value: Any, *, indent: int | None = None) -> str:
    """Print with sorted keys, so that equal values are equal texts."""
    text: str = _encoder(indent).encode(value)
    return text


def pieces(value: Any, depth: int, *, indent: int | None = None) -> Iterator[str]:
    """What `dumps` prints, in pieces: a large text is in memory twice while it is made, and again where it is encoded.

    `depth`: so many levels of objects are taken apart.
    """
    return _pieces(value, depth, indent, "\n")


def _pieces(value: Any, depth: int, indent: int | None, line: str) -> Iterator[str]:
    """`line`: what begins a line at this level. No other text has line breaks in it."""
    if not (depth and isinstance(value, dict) and value):
        yield dumps(value, indent=indent).replace("\n", line)
        return
    names, before = sorted(value), "{"
    if depth == 1:
        for at in range(0, len(names), _AT_ONCE):
            text = dumps({name: value[name] for name in names[at : at + _AT_ONCE]}, indent=indent)
            yield before + text[1 : -2 if indent else -1].replace("\n", line)
            before = ","
    else:
        inner = f"{line}{' ' * indent}" if indent else ""
        for name in names:
            yield f"{before}{inner}{dumps(name, indent=indent)}{': ' if indent else ':'}"
            yield from _pieces(value[name], depth - 1, indent, inner or line)
            before = ","
    yield f"{line if indent else ''}}}"


@functools.cache
def _encoder(indent: int | None) -> Any:
    """One for all, as for reading."""
    import simplejson

    separators = (",", ": ") if indent else (",", ":")
    return simplejson.JSONEncoder(
        use_decimal=True,
        sort_keys=True,
        indent=indent,
        separators=separators,
        ensure_ascii=indent is None,
    )


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: numbers by value (1 == 1.0), booleans never equal to numbers."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(v, right[k]) for k, v in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
