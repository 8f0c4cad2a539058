"""The engine's values on the wire of a plugin: msgpack with a type beside it <-> plain JSON values and `UNKNOWN`.

Numbers are exact both ways: a fraction goes as text, which the engine reads with all its digits.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import msgpack

from nivis_tofu.core import json_text
from nivis_tofu.ir.types import DYNAMIC, Type, mapped, type_of


class _Unknown:
    """A value, or a part of one, that is known only after the apply."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
_UNKNOWN_WIRE = msgpack.ExtType(0, b"\0")
_INT64 = range(-(2**63), 2**63)


def decode(message: bytes, kind: Type = DYNAMIC) -> Any:
    """A value of this type."""
    # Every code of an extension stands for something unknown; some say more about it.
    raw = msgpack.unpackb(message, raw=False, strict_map_key=False, ext_hook=lambda *_: UNKNOWN)
    return _plain(raw, kind)


def encode(value: Any, kind: Type = DYNAMIC) -> bytes:
    """A plain value; where its type is dynamic, its own type goes with it."""
    packed: bytes = msgpack.packb(_wire(value, kind), use_bin_type=True)
    return packed


def unknown_mask(value: Any) -> Any:
    """`True` where a value is unknown, nested where parts are; `None` where all of it is known."""
    match value:
        case _Unknown():
            return True
        case list():
            masks = {str(i): mask for i, item in enumerate(value) if (mask := unknown_mask(item)) is not None}
        case dict():
            masks = {key: mask for key, item in value.items() if (mask := unknown_mask(item)) is not None}
        case _:
            return None
    return masks or None


def blanked(value: Any) -> Any:
    """The value with null in place of what is unknown."""
    match value:
        case _Unknown():
            return None
        case list():
            return [blanked(item) for item in value]
        case dict():
            return {key: blanked(item) for key, item in value.items()}
        case _:
            return value


def _plain(raw: Any, kind: Type) -> Any:
    if raw is None or raw is UNKNOWN:
        return raw
    match kind:
        case "dynamic":
            inner, value = raw
            return _plain(value, json.loads(inner))
        case "number":
            return _number(raw)
        case _:
            return mapped(raw, kind, _plain)


def _number(raw: Any) -> int | Decimal:
    if isinstance(raw, int):
        return raw
    number = json_text.number(repr(raw) if isinstance(raw, float) else raw)
    return int(number) if number == number.to_integral_value() else number


def _wire(value: Any, kind: Type) -> Any:
    if value is UNKNOWN:
        return _UNKNOWN_WIRE
    if value is None:
        return None
    match kind:
        case "dynamic":
            own = type_of(value)
            return [json.dumps(own, separators=(",", ":")).encode(), _wire(value, own)]
        case "number":
            if isinstance(value, Decimal) and value != value.to_integral_value():
                return format(value, "f")
            return int(value) if int(value) in _INT64 else str(int(value))
        case ["object", dict() as fields, *_]:
            return {key: _wire(value.get(key), inner) for key, inner in fields.items()}
        case _:
            return mapped(value, kind, _wire)
