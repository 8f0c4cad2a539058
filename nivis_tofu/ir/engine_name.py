"""Names that the engine accepts, made of any name and read back again."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_ESCAPE = re.compile(r"_x([0-9a-f]+)_")
_ENCODED = re.compile(r"[^A-Za-z0-9_-]|_(?=x)|\A[^A-Za-z_]")


def encode_name(name: str) -> str:
    """Encode a name reversibly so that the engine accepts it: `a.b` -> `a_x2e_b`. A plain name stays the same."""
    if _PLAIN.match(name) and not _ESCAPE.search(name):
        return name
    # Every `_x` of the result begins an escape, so that decoding is exact.
    return _ENCODED.sub(lambda m: f"_x{ord(m[0]):x}_", name)


def decode_name(name: str) -> str:
    """The inverse of `encode_name`."""
    return _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), name)
