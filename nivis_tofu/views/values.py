"""Values as text, the way `state show` and `output` print them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nivis_tofu.core import json_text


def plain(value: Any) -> str:
    """`text`, `true`, `<nil>`, `1000000`, `[a b]`, `map[a:1 z:2]`."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case Decimal():
            # Never 1e+06: digits, without trailing zeros.
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case Mapping():
            return "map[" + " ".join(f"{k}:{plain(v)}" for k, v in sorted(value.items())) + "]"
        case list() | tuple():
            return "[" + " ".join(map(plain, value)) + "]"
        case _:
            return str(value)


def quoted(text: str) -> str:
    """A string as Nix and JSON write it, on one line."""
    return visible(json_text.dumps(text, indent=1))


def visible(text: str) -> str:
    """One line with unprintable and control characters escaped as in JSON."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json_text.dumps(c)[1:-1] for c in text)
