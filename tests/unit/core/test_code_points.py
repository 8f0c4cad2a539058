from __future__ import annotations

import pytest

from nivis_tofu.core.code_points import character


@pytest.mark.parametrize(
    ("digits", "found"), [("e9", "é"), ("0001f600", "\U0001f600"), ("d800", "\ufffd"), ("00110000", "\ufffd"), ("f" * 99, "\ufffd")]
)  # fmt: skip
def test_characters_by_their_number(digits: str, found: str) -> None:
    assert character(digits) == found
