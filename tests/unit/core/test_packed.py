"""A document that is kept as text says what it said, as often as it is asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.packed import Packed, mark


def packed(document: Any) -> Packed:
    return Packed(json_text.dumps(document), document)


def test_a_document_is_read_again_and_again() -> None:
    document = {"a": [1, Decimal("1.50"), "ü", None], "b": {}}
    found = packed(document)
    assert found.read() is document
    assert found.read() == document
    assert found.read() is not document


def test_equal_texts_have_one_mark() -> None:
    assert Packed('{"a":1}', {"a": 1}).mark == Packed.of({"a": 1}).mark == mark(b'{"a":1}')
    assert Packed.of({"a": 1}).mark != Packed.of({"a": 2}).mark


def test_who_changes_what_it_reads_changes_nothing_else() -> None:
    found = packed({"a": [1]})
    found.read()
    found.read()["a"].append(2)
    assert found.read() == {"a": [1]}


def test_text_is_kept_and_values_are_not() -> None:
    document = {"a": "x" * 100_000}
    found = packed(document)
    found.read()
    assert len(found._text) < 1_000
    assert not found._fresh


def test_what_somebody_keeps_is_known_again_without_a_look_at_it() -> None:
    document = {"a": 1}
    assert Packed.of(document).read() is document
    assert Packed.of(document).same(Packed.of(document))
    assert not Packed.of(document).same(Packed.of(dict(document)))
    assert not packed(document).same(packed(document))
    assert (one := packed(document)).same(one)


def test_a_look_takes_nothing_from_the_reader() -> None:
    document = {"a": 1}
    found = packed(document)
    assert found.look() is document
    assert found.read() is document
    assert found.look() == document
    assert Packed.of(document).look() is document
