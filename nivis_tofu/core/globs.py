"""Patterns of names: `*` and `?` are wild, dots included; brackets are not, since they are part of addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def is_glob(text: str) -> bool:
    return "*" in text or "?" in text


@lru_cache(maxsize=256)
def _as_regex(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    # Few patterns have a `?`, and to compile one takes longer than to try it a thousand times.
    return _as_regex(pattern).fullmatch(text) is not None if "?" in pattern else _in_order(pattern.split("*"), text)


def _in_order(parts: Sequence[str], text: str) -> bool:
    """Is the text made of these parts, with anything between them?"""
    if len(parts) == 1:
        return text == parts[0]
    first, *between, last = parts
    at, end = len(first), len(text) - len(last)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for part in between:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def covers(pattern: str, address: str) -> bool:
    """Whether the pattern matches an address or what contains it: `module.m["a"]` covers `module.m["a"].t.x[0]`."""
    ends = [m.start() for m in re.finditer(r"[.\[]", address)]
    return any(matches(pattern, address[:end]) for end in (*ends, len(address)))
