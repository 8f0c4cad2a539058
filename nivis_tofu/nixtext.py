"""Values -> Nix source text, laid out for people to read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_'-]*\Z")
_KEYWORDS = frozenset(
    {"if", "then", "else", "assert", "with", "let", "in", "rec", "inherit", "or", "true", "false", "null"}
    | {"lib", "self", "nivis", "ledger", "builtins"}
)
WIDTH = 90


@dataclass(frozen=True, slots=True)
class Raw:
    """Nix text that is put in as it is; `simple`: it needs no parentheses in a list."""

    text: str
    simple: bool = False


def string(text: str) -> str:
    out = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return '"' + out.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def key(name: str) -> str:
    return name if _BARE.match(name) and name not in _KEYWORDS else string(name)


def variable(name: str, taken: set[str]) -> str:
    """A name for a `let` binding that is not taken yet; it is taken then."""
    base = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    base = base if _BARE.match(base) and base not in _KEYWORDS else f"r_{base}"
    found, count = base, 1
    while found in taken:
        count += 1
        found = f"{base}_{count}"
    taken.add(found)
    return found


def flake(bindings: Mapping[str, Any], arguments: Mapping[str, Any], notes: Sequence[str] = ()) -> str:
    """A whole flake.nix: `let` bindings, arguments of `lib.toIR`, and lines of comment."""
    lines = [
        "{",
        '  inputs.nivis.url = "github:wearetechnative/nivis";',
        *(["", *(f"  # {note}" for note in notes), ""] if notes else []),
        "  outputs = { self, nivis }: let lib = nivis.lib; in {",
        "    nivis.plan = ledger: let",
        *(f"      {name} = {value(item)};" for name, item in bindings.items()),
        "    in lib.toIR {",
        *(f"      {name} = {value(item, 3)};" for name, item in arguments.items()),
        "      inherit ledger;",
        "    };",
        "  };",
        "}",
    ]
    return "\n".join(lines) + "\n"


def value(item: Any, depth: int = 0) -> str:
    """Any JSON value, `Raw` parts among it, on one line where that is short enough."""
    flat = _flat(item)
    if len(flat) + 2 * depth <= WIDTH and "\n" not in flat:
        return flat
    pad, end = "  " * (depth + 1), "  " * depth
    match item:
        case Mapping():
            lines = [f"{pad}{key(k)} = {value(v, depth + 1)};" for k, v in item.items()]
            return "\n".join(["{", *lines, end + "}"])
        case Raw():
            return item.text
        case str():
            return flat
        case Sequence():
            return "\n".join(["[", *(f"{pad}{_element(v, depth + 1)}" for v in item), end + "]"])
        case _:
            return flat


def _flat(item: Any) -> str:
    match item:
        case None:
            return "null"
        case bool():
            return "true" if item else "false"
        case Raw():
            return item.text
        case str():
            return string(item)
        case int() | Decimal() | float():
            return _number(item)
        case Mapping():
            return "{ " + "".join(f"{key(k)} = {_flat(v)}; " for k, v in item.items()) + "}"
        case _:
            return "[ " + "".join(f"{_element(v)} " for v in item) + "]"


def _number(item: int | Decimal | float) -> str:
    plain = format(Decimal(str(item)), "f")
    return plain if fits(item) else f"lib.expr {string(f'${{{plain}}}')}"


def fits(item: int | Decimal | float) -> bool:
    """Does a number come out of Nix as it is? Integers have 64 bits there, fractions are printed with six digits."""
    number = Decimal(str(item))
    whole = "." not in format(number, "f")
    return abs(number) < 2**63 if whole else Decimal(f"{float(number):.6g}") == number


def _element(item: Any, depth: int = 0) -> str:
    text = value(item, depth) if depth else _flat(item)
    number = isinstance(item, int | Decimal | float) and not isinstance(item, bool)
    applied = (number and not (fits(item) and item >= 0)) or (isinstance(item, Raw) and not item.simple)
    return f"({text})" if applied else text
