"""Which stacks a change of the flake has reached, from what Nix makes of both. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLACES = frozenset({"pos", "positions"})
"""Where something was written changes nothing."""


def affected(before: Mapping[str, Any], now: Mapping[str, Any], names: frozenset[str]) -> frozenset[str]:
    """Of these stacks the ones that are new, mean something else now, or of which Nix made nothing."""
    return frozenset(n for n in names if n not in now or n not in before or _meant(before[n]) != _meant(now[n]))


def _meant(value: Any) -> Any:
    """A document without places."""
    match value:
        case dict():
            return {key: _meant(item) for key, item in value.items() if key not in _PLACES}
        case list():
            return [_meant(item) for item in value]
        case _:
            return value
