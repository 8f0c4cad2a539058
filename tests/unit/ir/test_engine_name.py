"""Names that the engine accepts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.ir.engine_name import decode_name, encode_name


@given(st.one_of(st.text(min_size=1), st.lists(st.sampled_from(["_x", "2e", "_", ".", "x", "é", "9"])).map("".join)))
def test_names_are_encoded_reversibly(name: str) -> None:
    encoded = encode_name(name)
    assert decode_name(encoded) == name
    assert not name or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", encoded)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [("plain-1_x", "plain-1_x"), ("a.b", "a_x2e_b"), ("9", "_x39_"), ("_x2e_", "_x5f_x2e_"), ("a__0", "a__0")],
)
def test_encoded_names(name: str, encoded: str) -> None:
    assert encode_name(name) == encoded
