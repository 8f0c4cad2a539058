"""The wire form of messages, against literals of the format's own description and both ways round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.functions.protobuf import chunk, chunks, decode, encode, text


def test_the_examples_of_the_format() -> None:
    assert encode((1, 150)) == bytes.fromhex("089601")
    assert encode((2, "testing")) == bytes.fromhex("120774657374696e67")
    assert encode((1, 0), (2, ""), (3, False), (4, True)) == b"\x20\x01"


def test_an_empty_message_is_there_and_a_list_repeats() -> None:
    message = encode((1, b""), (2, [b"a", b""]), (3, []))
    assert decode(message) == {1: [b""], 2: [b"a", b""]}
    assert chunks(decode(message), 2) == [b"a", b""]


@given(st.lists(st.tuples(st.integers(1, 1000), st.one_of(st.binary(), st.integers(1, 2**64 - 1)))))
def test_both_ways(fields: list[tuple[int, bytes | int]]) -> None:
    found = decode(encode(*fields))
    assert [(n, v) for n in found for v in found[n]] == [(n, v) for n in found for m, v in fields if m == n]


def test_fields_that_are_missing_or_of_another_type() -> None:
    assert (text({}, 1), chunk({1: [5]}, 1), chunks({1: [5]}, 1)) == ("", b"", [])


def test_fixed_width_fields_of_a_newer_protocol_are_passed_over() -> None:
    message = bytes([1 << 3 | 1, *range(8), 2 << 3 | 5, *range(4)]) + encode((3, "x"))
    assert text(decode(message), 3) == "x"


@pytest.mark.parametrize("cut", [b"\x0a", b"\x0a\x05ab", b"\x08", b"\x08\x80", b"\x0b", b"\x08" + b"\x80" * 11])
def test_a_message_that_is_cut_off(cut: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|wire type"):
        decode(cut)
