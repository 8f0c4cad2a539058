"""JSON as Python's own values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from nivis_tofu.core.plain import Json, plain


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Decimal("1.5"), 1.5),
        (2**70, 2**70),
        (True, True),
        (None, None),
        ("a", "a"),
        ((1, Decimal("0.1")), [1, 0.1]),
        (MappingProxyType({"a": {"b": [Decimal(2)]}}), {"a": {"b": [2.0]}}),
        (Path("/x"), "/x"),
    ],
)
def test_no_type_of_ours_comes_out(value: object, found: Json) -> None:
    assert plain(value) == found
    assert type(plain(value)) is type(found)
