"""JSON as text: integers of any size and decimals survive, output is byte-stable."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any

# `simplejson` is loaded where it is used: `make setup` imports the modules that run processes, and packages come later.


def loads(text: str | bytes) -> Any:
    """Parse; fractions become Decimal, never float."""
    return _decoder().decode(text)


def dumps(value: Any, *, indent: int | None = None) -> str:
    """Print with sorted keys, so that equal values are equal texts."""
    text: str = _encoder(indent).encode(value)
    return text


# One of each: `simplejson.loads` and `dumps` make one each time, which costs more than a short text does.


@functools.cache
def _decoder() -> Any:
    import simplejson

    return simplejson.JSONDecoder(parse_float=Decimal)


@functools.cache
def _encoder(indent: int | None) -> Any:
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
