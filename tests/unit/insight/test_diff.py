"""What differs between two configurations, secrets apart."""

from __future__ import annotations

from typing import Any

from nivis_tofu.insight.diff import compare
from nivis_tofu.ir.ledger import Ledger
from tests.support.rendering import DATA, data, decode, derived, document, ref


def lines(old: list[Any], new: list[Any], **more: Any) -> dict[str, str]:
    found = compare(decode(document(*old)), decode(document(*new, **more)), Ledger(), lambda text: text)
    return {line.id.removeprefix(DATA): line.action for line in found}


def test_added_removed_changed_and_the_rest_is_left_out() -> None:
    old = [data("same", 1), data("gone", 1), data("other", 1)]
    new = [data("other", 2), data("same", 1), data("fresh", 1)]
    assert lines(old, new) == {"other": "update", "fresh": "create", "gone": "delete"}


def test_where_a_value_comes_from_is_a_difference() -> None:
    native, computed = data("b", {"__ref": ref("a")}), data("b", derived("x", "a"))
    assert lines([data("a", 1), native], [data("a", 1), computed]) == {"b": "update"}
    assert lines([data("a", 1), computed], [data("a", 1), computed]) == {}


def test_meta_arguments_count() -> None:
    kept = data("a", 1, meta={"lifecycle": {"preventDestroy": True}})
    assert lines([data("a", 1)], [kept]) == {"a": "update"}
    assert lines([data("a", 1)], [data("a", 1, meta={"lifecycle": {"preventDestroy": False}})]) == {}


def test_what_is_beside_resources() -> None:
    found = lines(
        [], [], outputs={"o": {"value": 1}}, backend={"type": "s3"}, extra={"moved": [{"from": "a", "to": "b"}]}
    )
    assert found == {"output.o": "create", "backend": "create", "extra.moved": "create"}


def test_a_sensitive_output_shows_nothing() -> None:
    old = decode(document(outputs={"o": {"value": "hunter1", "sensitive": True}}))
    new = decode(document(outputs={"o": {"value": "hunter2", "sensitive": True}}))
    (line,) = compare(old, new, Ledger(), lambda text: text)
    assert (line.action, line.id) == ("update", "output.o")
    assert "hunter" not in repr(line)
