"""Columns, not characters."""

from __future__ import annotations

import pytest

from nivis_tofu.views.cells import cut_left, cut_right, width


def test_some_characters_take_two_columns_and_some_none() -> None:
    assert (width("größe"), width("日本"), width("e\u0301")) == (5, 4, 1)


@pytest.mark.parametrize(
    ("text", "columns", "left", "right"),
    [
        ("aws.bucket.demo", 15, "aws.bucket.demo", "aws.bucket.demo"),
        ("aws.bucket.demo", 10, "…cket.demo", "aws.bucke…"),
        ("日本語", 6, "日本語", "日本語"),
        ("日本語", 5, "…本語", "日本…"),
        ("日本語", 4, "…語", "日…"),
        ("abc", 1, "…", "…"),
        ("abc", 0, "", ""),
        ("", 3, "", ""),
    ],
)
def test_a_cut_says_so_and_fits(text: str, columns: int, left: str, right: str) -> None:
    assert (cut_left(text, columns), cut_right(text, columns)) == (left, right)
