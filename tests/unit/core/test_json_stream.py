"""A JSON document in pieces is what it is as one text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.core import json_stream, json_text
from tests.support.values import values


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


@given(values, st.integers(1, 40), st.sampled_from([None, 2]))
def test_any_document_in_any_pieces(value: Any, size: int, indent: int | None) -> None:
    text = json_text.dumps({"a": [value, value], "b": value, "c": [], "d": {}}, indent=indent)
    assert json_text.same(json_stream.loads(pieces(text, size)), json_text.loads(text))


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize(
    "text",
    [
        "[]", " {} ", "12", '"x"', '{"a":1.5e+3,"b":[1e-2,-0.25,100]}', r'{"a":["\ud800","\\ud800"],"\uDFFF":1}',
        '{"a":1,"a":[2]}', '{"n":[null,true,false]}',
    ],
)  # fmt: skip
def test_documents_with_something_at_the_end_of_a_piece(text: str, size: int) -> None:
    assert json_stream.loads(pieces(text, size)) == json_text.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[", '{"a"', '{"a":', '{"a":[1', '{"a":[1,]}', '{"a":[1 2]}', '{"a":1,}', '{"a" 1}', "{1:2}", "{}{}", "{} x",
        '{"a":"x', "\ufeff{}", '{"a":\ufeff1}', '{"a":[' + "[" * 100_000, '{"a":1e999999999}', '{"a":NaN}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_no_document_is_one_kind_of_error(text: str, size: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_stream.loads(pieces(text[:20_000], size))


def test_a_long_element_is_not_read_from_its_start_for_each_piece() -> None:
    """Bytes that the decoder is given, which are what it takes: twice the element are at most twice as many."""

    def looked_at(count: int) -> int:
        text, seen = '{"a":["' + "x" * count + '"]}', 0
        window = json_stream._Window(pieces(text, 100))
        decoder = window._decoder

        class Counting:
            def raw_decode(self, text: str, at: int) -> Any:
                nonlocal seen
                seen += len(text) - at
                return decoder.raw_decode(text, at)

        window._decoder = Counting()
        assert window.document() == {"a": ["x" * count]}
        return seen

    assert looked_at(64_000) < 2.5 * looked_at(32_000) < 2.5 * 4 * 32_000


def test_names_and_long_strings_are_one_object_each() -> None:
    text = '{"all":[' + ",".join('{"some name":"' + "x" * 5000 + '"}' for _ in range(2)) + "]}"
    first, second = json_stream.loads(pieces(text, 100))["all"]
    assert first["some name"] is second["some name"]
    assert next(iter(first)) is next(iter(second))
