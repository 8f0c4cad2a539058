"""Leaves, references, and paths into values."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.values import Build, Derived, Expr, Ref, Value, format_path, leaves, references, walk

A, B = Ref("p.t.a", ("id",)), Ref("p.t.b", ("x", 0))


def test_leaves_and_references() -> None:
    value: Value = [{"a": A}, Derived((B,), {"x": [Build("/p"), A]}), Expr(("t", A, Derived((B,))))]
    kinds = [type(leaf).__name__ for leaf in leaves(value)]
    assert kinds == ["Ref", "Derived", "Build", "Ref", "Expr", "Ref", "Derived"]
    assert set(references(value)) == {A, B}
    assert list(references(Derived((B,)))) == [B]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("a", 1, "b"), (True, 5)),
        (("a", "1", "b"), (True, 5)),
        (("m", 1), (True, "one")),
        (("m", "²"), (False, None)),
        (("a", "²"), (False, None)),
        (("a", 7), (False, None)),
        (("n", "x"), (False, None)),
        (("n",), (True, None)),
    ],
)
def test_walk(path: tuple[str | int, ...], expected: Any) -> None:
    assert walk({"a": [0, {"b": 5}], "m": {"1": "one"}, "n": None}, path) == expected


def test_format_path() -> None:
    assert format_path(("a", 0, "b")) == ".a[0].b"
