"""How ids and engine addresses are spelt, as text: names that the engine accepts, keys, guesses from one to the other.

What is called what in one configuration and state, `ir.names` says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping

from nivis_tofu.core.regex import regex

MODULE_OUTPUT = "nivis_module_"
"""Begins the names of generated root outputs: what Nix consumes of a module's outputs, which no state holds."""
LONGEST = 4_000
"""Characters of a name that may have something behind it: of a longer text only the whole can be one."""

_ESCAPE = regex(r"_x([0-9a-f]+)_")
_ENCODED = regex(r"[^A-Za-z0-9_-]|_(?=x)|\A[^A-Za-z_]")
_KEYED = regex(r'(.*?)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?', re.DOTALL)


def encode_name(name: str) -> str:
    """Encode a name reversibly so that the engine accepts it: `a.b` -> `a_x2e_b`. A plain name stays the same."""
    # Nearly all are plain, which is told without patterns.
    plain = name.isascii() and name[:1] != "-" and name.replace("-", "_").isidentifier()
    if plain and not ("_x" in name and _ESCAPE.search(name)):
        return name
    # Every `_x` of the result begins an escape, so that decoding is exact.
    return _ENCODED.sub(lambda m: f"_x{ord(m[0]):x}_", name)


def decode_name(name: str) -> str:
    """The inverse of `encode_name`."""
    if "_x" not in name:
        return name
    return _ESCAPE.sub(lambda m: chr(number) if (number := int(m[1], 16)) <= sys.maxunicode else m[0], name)


def split_key(text: str) -> tuple[str, str]:
    """Base and instance key: `a.b["x.y"]` -> `a.b`, `["x.y"]`."""
    match = _KEYED.fullmatch(text)
    assert match
    return match[1], match[2] or ""


def split_id(id_: str) -> tuple[str, str, str, str]:
    """(`data.` or nothing, provider, type, name) of an id; what it lacks is empty."""
    data = "data." if id_.startswith("data.") else ""
    provider, _, rest = id_.removeprefix(data).partition(".")
    kind, _, name = rest.partition(".")
    return data, provider, kind, name


def guess_address(text: str) -> str:
    """`aws.aws_s3_bucket.demo` -> `aws_s3_bucket.demo`; an address stays the same."""
    base, key = split_key(text)
    data, _, kind, name = split_id(base)
    if base.startswith("module.") or not name:
        return text
    return f"{data}{kind}.{encode_name(name)}{key}"


def guess_id(address: str, provider: str) -> str:
    """`aws_s3_bucket.demo` of provider …/hashicorp/aws -> `aws.aws_s3_bucket.demo`."""
    if address.startswith("module.") or not provider:
        return address
    short = provider.rsplit("/", 1)[-1]
    data = "data." if address.startswith("data.") else ""
    kind, _, name = address.removeprefix(data).partition(".")
    return f"{data}{short}.{kind}.{decode_name(name)}"


def beginnings(text: str) -> Iterator[tuple[str, str]]:
    """(what may be a name, what follows it), the longest first."""
    cuts = [i for i, char in enumerate(text[:LONGEST]) if char in ".["]
    yield from ((text[:cut], text[cut:]) for cut in reversed([*cuts, len(text)]))


def resolve(text: str, addresses: Mapping[str, str]) -> str | None:
    """The address that a text begins to name, with the instance key or the way into a module that follows.

    `addresses`: name -> address; the longest name wins.
    """
    for name, rest in beginnings(text):
        found = addresses.get(name)
        if found is not None and (not rest or rest.startswith("[") or found.startswith("module.")):
            return found + rest
    return None


def module_output(name: str) -> str:
    """The name of the root output that is generated for the outputs of a module with this engine name."""
    return MODULE_OUTPUT + name


def module_of(output: str) -> str:
    """`module.net` for the root output that was generated for its outputs; nothing for others."""
    return "module." + output.removeprefix(MODULE_OUTPUT) if output.startswith(MODULE_OUTPUT) else ""
