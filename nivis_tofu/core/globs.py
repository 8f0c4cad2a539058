"""Patterns of names: `*` and `?` are wild, dots included; brackets are not, since they are part of addresses."""

from __future__ import annotations

import re
from functools import lru_cache


def is_glob(text: str) -> bool:
    return "*" in text or "?" in text


@lru_cache(maxsize=256)
def _as_regex(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    return _as_regex(pattern).fullmatch(text) is not None


def covers(pattern: str, address: str) -> bool:
    """Whether the pattern matches an address or what contains it: `module.m["a"]` covers `module.m["a"].t.x[0]`."""
    ends = [m.start() for m in re.finditer(r"[.\[]", address)]
    return any(matches(pattern, address[:end]) for end in (*ends, len(address)))
