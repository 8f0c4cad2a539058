"""Values on the wire: exact numbers, unknown parts, types as the engine infers them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.functions.values import UNKNOWN, blanked, decode, encode, unknown_mask
from nivis_tofu.ir.types import type_of

NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=-(10**20), max_value=10**20).filter(
        lambda d: d != d.to_integral_value()
    ),
)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(), NUMBERS, st.just(UNKNOWN)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@given(PLAIN)
def test_both_ways(value: Any) -> None:
    assert decode(encode(value)) == value


def test_the_form_that_the_engine_reads() -> None:
    kind, value = msgpack.unpackb(encode({"a": [1, "x"], "n": None, "u": UNKNOWN}))
    assert json.loads(kind) == ["object", {"a": ["tuple", ["number", "string"]], "n": "dynamic", "u": "dynamic"}]
    assert value == {"a": [1, "x"], "n": None, "u": msgpack.ExtType(0, b"\0")}
    assert encode(None) == msgpack.packb(None)
    assert encode(UNKNOWN) == msgpack.packb(msgpack.ExtType(0, b"\0"))


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        (0.5, "number", Decimal("0.5")),
        ("0.1", "number", Decimal("0.1")),
        ("123456789012345678901234567890", "number", 123456789012345678901234567890),
        (3.0, "number", 3),
        (["x", 1], ["tuple", ["string", "number"]], ["x", 1]),
        ({"k": "1"}, ["map", "number"], {"k": 1}),
        ({"k": [b'"string"', "v"]}, ["object", {"k": "dynamic"}, ["k"]], {"k": "v"}),
        ([[b'"number"', 2]], ["list", "dynamic"], [2]),
        (msgpack.ExtType(12, b"\x80"), "string", UNKNOWN),
    ],
)
def test_values_of_the_engine(raw: Any, kind: Any, value: Any) -> None:
    assert decode(msgpack.packb(raw, use_bin_type=True), kind) == value


@pytest.mark.parametrize("number", [Decimal("0.1"), 2**63, -(2**63) - 1, Decimal("1e30")])
def test_numbers_that_a_float_would_change_go_as_text(number: Any) -> None:
    assert isinstance(msgpack.unpackb(encode(number))[1], str)


def test_a_value_of_a_given_type_has_all_its_attributes() -> None:
    kind = ["object", {"a": "string", "b": ["list", "number"], "c": ["map", "string"], "d": ["tuple", ["bool"]]}]
    message = encode({"b": [1, Decimal("2.0")], "c": {"x": "y"}, "d": [True]}, kind)
    assert msgpack.unpackb(message) == {"a": None, "b": [1, 2], "c": {"x": "y"}, "d": [True]}


def test_what_is_unknown_in_a_value() -> None:
    value = {"a": [1, UNKNOWN], "b": {"c": "x"}, "d": UNKNOWN}
    assert unknown_mask(value) == {"a": {"1": True}, "d": True}
    assert unknown_mask({"b": [None]}) is None
    assert blanked(value) == {"a": [1, None], "b": {"c": "x"}, "d": None}
    assert repr(UNKNOWN) == "UNKNOWN"


def test_types_of_literals() -> None:
    assert type_of([True, 1, Decimal("0.5"), "x", None, UNKNOWN]) == [
        "tuple",
        ["bool", "number", "number", "string", "dynamic", "dynamic"],
    ]
