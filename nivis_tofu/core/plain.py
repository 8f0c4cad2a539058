"""JSON as plain Python values, for programs that use nivis."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def plain(value: Any) -> Json:
    """The same value without types of our own. A fraction becomes the float nearest to it."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case Decimal():
            return float(value)
        case str() | int() | float() | None:
            return value
        case _:
            return str(value)
