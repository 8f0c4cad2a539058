"""Values as text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.views.values import plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"),
        (True, "true"),
        (1000000, "1000000"),
        (Decimal("1E+6"), "1000000"),
        (Decimal("2.50"), "2.5"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0.0"), "-0"),
        (10**30, "1" + "0" * 30),
        ("line\n[bold]", "line\n[bold]"),
        (["a", ["b"], None], "[a [b] <nil>]"),
        ({"z": 2, "a": {"k": True}}, "map[a:map[k:true] z:2]"),
        ([], "[]"),
        ({}, "map[]"),
    ],
)
def test_plain(value: Any, text: str) -> None:
    assert plain(value) == text
