"""One idea of what is secret, whoever asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.core.masks import Pattern, hide, mask_paths, overlap, texts, values_at, within
from nivis_tofu.ir.values import Ref

VALUE = {"a": [{"k": "s"}, {"k": 2}], "0": "zero"}


@pytest.mark.parametrize(
    ("pattern", "path", "secret"),
    [
        (("a", "*", "k"), ("a", 0, "k"), ["s", 2]),
        (("a", 0, "k"), ("a", "0", "k"), ["s"]),
        (("a", "0", "k"), ("a", 0, "k"), ["s"]),
        ((0,), ("0",), ["zero"]),
        (("a", "*"), ("a", 1), [{"k": "s"}, {"k": 2}]),
    ],
)
def test_everybody_means_the_same_by_a_path(pattern: Pattern, path: Pattern, secret: list[Any]) -> None:
    assert overlap(pattern, path)
    assert within(pattern, path)
    assert list(values_at(VALUE, pattern)) == secret
    shown = f"{hide(VALUE, [pattern])}"
    assert shown.count("(sensitive)") == len(secret)
    assert not [text for text in texts(secret) if f"'{text}'" in shown]


def test_around_and_inside() -> None:
    assert overlap(("a", "b"), ("a",))
    assert not within(("a", "b"), ("a",))
    assert within(("a",), ("a", "b"))
    assert not overlap(("a", "b"), ("a", "c"))


def test_masks_of_the_engine() -> None:
    assert list(mask_paths({"a": [False, {"k": True}], "b": True, "c": False})) == [("a", 1, "k"), ("b",)]
    assert list(mask_paths(True)) == [()]


def test_texts() -> None:
    assert list(texts({"a": ["s", None, True, 1, Decimal("2.50")]})) == ["s", "1", "2.50"]


def test_texts_with_keys_at_any_depth_and_without_what_is_in_leaves() -> None:
    found = texts({"a": [{"b": "s"}, Ref("p.t.a", ("id",)), True, None], "c": 12}, keys=True)
    assert list(found) == ["a", "b", "s", "c", "12"]


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ((), {"a": [{"k": "s", "p": 1}], "b": None}),
        ((("b",),), {"a": [{"k": "s", "p": 1}], "b": "(sensitive)"}),
        ((("a", "*", "k"),), {"a": [{"k": "(sensitive)", "p": 1}], "b": None}),
        ((("a", 0),), {"a": ["(sensitive)"], "b": None}),
        ((("a", 0, "k", "deeper"),), {"a": [{"k": "(sensitive)", "p": 1}], "b": None}),
        (((),), "(sensitive)"),
    ],
)
def test_hide(hidden: tuple[tuple[str | int, ...], ...], expected: Any) -> None:
    assert hide({"a": [{"k": "s", "p": 1}], "b": None}, hidden) == expected
