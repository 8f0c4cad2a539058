"""JSON of the engine where it enters: exact, checked, and refused by name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu import wire


def test_numbers_are_exact() -> None:
    found = wire.load_object('{"a": 123456789012345678901234567890, "b": 2.50}', "a plan")
    assert (found["a"], str(found["b"])) == (123456789012345678901234567890, "2.50")
    assert isinstance(found["b"], Decimal)


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "It is not JSON"), ("{", "It is not JSON"), ("[1]", "not an object"), ("[" * 100_000, "nested more deeply")],
)
def test_what_is_no_document_is_named(text: str, why: str) -> None:
    with pytest.raises(EngineError) as error:
        wire.load_object(text, "the state")
    (found,) = error.value.diagnostics
    assert found.summary == "Unreadable engine output"
    assert found.detail.startswith("Cannot read the state. ")
    assert why in found.detail


@pytest.mark.parametrize("version", ["0.1", "1.0", "1.99"])
def test_known_formats(version: str) -> None:
    wire.check_format({"format_version": version}, "the plan")


@pytest.mark.parametrize("version", ["2.0", "10.1", "", None, "x"])
def test_unknown_formats(version: str | None) -> None:
    with pytest.raises(EngineError, match="Engine is too new"):
        wire.check_format({"format_version": version} if version is not None else {}, "the plan")


def test_a_diagnostic_of_the_engine() -> None:
    raw = {
        "severity": "warning", "summary": "S", "detail": " d \n", "address": "a.b",
        "range": {"filename": "main.tf", "start": {"line": 3, "column": 7}}, "snippet": {"code": "x = 1"},
    }  # fmt: skip
    assert wire.diagnostic(raw) == Diagnostic(
        "S", "d", severity="warning", address="a.b", position=Position("main.tf", 3, 7), snippet="x = 1"
    )


@pytest.mark.parametrize("more", [{}, {"range": None}, {"range": {"filename": ""}}, {"range": []}, {"snippet": None}])
def test_little_is_enough(more: dict[str, object]) -> None:
    assert wire.diagnostic({"severity": "fatal", "summary": "S", **more}) == Diagnostic("S")


def test_a_file_without_a_line() -> None:
    found = wire.diagnostic({"range": {"filename": "main.tf"}}).position
    assert found == Position("main.tf", 1, 1)


@pytest.mark.parametrize(
    "error", [KeyError("mode"), TypeError("hush"), AttributeError("hush"), ValueError("hush"), RecursionError()]
)
def test_a_document_of_another_shape_quotes_no_value(error: Exception) -> None:
    with pytest.raises(EngineError, match="Unreadable engine output") as found, wire.reading("the state"):
        raise error
    (said,) = found.value.diagnostics
    assert said.detail.startswith("Cannot read the state. ")
    assert "hush" not in said.detail


@pytest.mark.parametrize(
    ("raw", "summary"),
    [({"detail": "why\nmore"}, "why"), ({"summary": " "}, "The engine gives no reason"), ({}, "The engine gives no reason")],
)  # fmt: skip
def test_a_diagnostic_without_a_summary_says_something(raw: object, summary: str) -> None:
    assert wire.diagnostic(raw).summary == summary


@pytest.mark.parametrize(
    "raw",
    [{"range": {"filename": "f", "start": "x"}}, {"range": {"filename": "f", "start": {"line": [1]}}, "snippet": True}],
)
def test_a_place_that_is_none(raw: dict[str, object]) -> None:
    assert wire.diagnostic({"summary": "s", **raw}).position == Position("f", 1)


def test_kinds_of_elements() -> None:
    assert (wire.table(None), wire.sequence(None), wire.texts(None)) == ({}, [], ())
    for call, wrong in ((wire.table, []), (wire.sequence, {}), (wire.texts, [1])):
        with pytest.raises(TypeError):
            call(wrong)
