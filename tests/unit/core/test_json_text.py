"""JSON as text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from nivis_tofu.core import json_text
from nivis_tofu.core.json_text import dumps, loads, number, same
from tests.support.values import values


@given(values)
def test_everything_survives(value: Any) -> None:
    assert same(loads(dumps(value)), value)
    assert same(loads(dumps(value, indent=2)), value)
    assert dumps(loads(dumps(value))) == dumps(value)


def test_equal_values_are_equal_texts() -> None:
    assert dumps({"b": 1, "a": [Decimal("2.50")]}) == '{"a":[2.50],"b":1}'
    assert dumps({"é": 1}, indent=1) == '{\n "é": 1\n}'


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, Decimal("1.0"), True),
        (1, True, False),
        (0, False, False),
        ([1], [True], False),
        ({"a": 1}, {"a": Decimal("1.00")}, True),
        ({"a": None}, {}, False),
        ([1], [1, 2], False),
        ("1", 1, False),
        (None, False, False),
        (10**30, 10**30 + 1, False),
    ],
)
def test_same(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal


@pytest.mark.parametrize(
    "text", ["[" * 5000, '{"a":' * 5000, "9" * 5000, "1e999999999", "1E-999999999", "1e99999999999999999999", "NaN", "", "{", b"\xff"]
)  # fmt: skip
def test_whatever_cannot_be_read_is_one_kind_of_error(text: str | bytes) -> None:
    """Never a number whose digits fill the memory, never the end of the stack."""
    with pytest.raises(ValueError, match=r"."):
        loads(text)


def test_half_of_a_character_is_read_as_the_engine_reads_it() -> None:
    assert loads(r'{"\udfff": ["\ud800", "\ud83d\ude00", "\\ud800"]}') == {
        "\ufffd": ["\ufffd", "\U0001f600", r"\ud800"]
    }


@pytest.mark.parametrize("text", ["x", "NaN", "Infinity", "1e5000", "1e-5000"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        number(text)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("depth", [0, 1, 2, 3, 9])
def test_pieces_are_the_text(depth: int, indent: int | None) -> None:
    many = {f"k{i}": {"a": ["x\ny", {"ü": []}], "b": {}} for i in range(250)}
    some: list[Any] = [{}, [], "a\nb", {"a": {}}, {"ü": many, "b": {"c": many, "d": 1}}, many]
    for value in some:
        assert "".join(json_text.pieces(value, depth, indent=indent)) == json_text.dumps(value, indent=indent)


def test_a_large_text_is_made_in_many_pieces() -> None:
    found = list(json_text.pieces({"a": {"b": {str(i): "x" * 1000 for i in range(1000)}}}, 3))
    assert max(map(len, found)) < 110_000


def test_long_strings_that_are_equal_are_one() -> None:
    text = json_text.dumps({"a": "x" * 2000, "b": [{"c": "x" * 2000}], "d": "short", "e": "y" * 2000})
    found = json_text.loads(text, share=True)
    assert found == json_text.loads(text)
    assert found["a"] is found["b"][0]["c"]
