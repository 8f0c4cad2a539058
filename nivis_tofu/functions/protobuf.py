"""The wire form of protocol buffers: what a handful of messages needs, without generated code.

A message is a list of (field number, value); messages, text and lists of messages are written with their length,
integers and booleans as variable-length numbers. Empty text, zero and False are left out, as the format wants it; a
message that is empty is there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Field = bytes | str | int | bool
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def encode(*fields: tuple[int, Field | Iterable[bytes]]) -> bytes:
    """A message; a list of messages is a field that repeats."""
    out = bytearray()
    for number, value in fields:
        match value:
            case bool() | int():
                if value:
                    out += _varint(number << 3 | _VARINT) + _varint(int(value))
            case str():
                if value:
                    out += _chunk(number, value.encode())
            case bytes():
                out += _chunk(number, value)
            case _:
                for item in value:
                    out += _chunk(number, item)
    return bytes(out)


def decode(message: bytes) -> dict[int, list[bytes | int]]:
    """Field number -> its values in order. Raises ValueError where the message is cut off."""
    found: dict[int, list[bytes | int]] = {}
    for number, value in _fields(message):
        found.setdefault(number, []).append(value)
    return found


def text(fields: dict[int, list[bytes | int]], number: int) -> str:
    """A field that is text; empty where it is missing."""
    return chunk(fields, number).decode()


def chunk(fields: dict[int, list[bytes | int]], number: int) -> bytes:
    """A field that is bytes or a message: the last one, empty where it is missing."""
    value = fields.get(number, [b""])[-1]
    return value if isinstance(value, bytes) else b""


def chunks(fields: dict[int, list[bytes | int]], number: int) -> list[bytes]:
    return [value for value in fields.get(number, []) if isinstance(value, bytes)]


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        match key & 7:
            case 0:
                value, at = _read_varint(message, at)
                yield key >> 3, value
            case 2:
                size, at = _read_varint(message, at)
                yield key >> 3, _cut(message, at, size)
                at += size
            case 1 | 5 as kind:
                size = 8 if kind == _FIXED64 else 4
                yield key >> 3, int.from_bytes(_cut(message, at, size), "little")
                at += size
            case other:
                raise ValueError(f"unknown wire type {other}")


def _cut(message: bytes, at: int, size: int) -> bytes:
    if at + size > len(message):
        raise ValueError("the message is cut off")
    return message[at : at + size]


def _chunk(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    value &= 2**64 - 1  # a negative number is written as if it had 64 bits
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("the message is cut off")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
