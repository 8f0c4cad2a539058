"""Values as plain data, and templates as far as no engine is needed."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.values import PENDING, Build, Derived, Expr, Ref
from nivis_tofu.testing.computed import OPAQUE, UNKNOWN, filled, holds, plain

A, B = Ref("p.t.a", ("id",)), Ref("p.t.b", ("id",))


def look(ref: Ref) -> Any:
    return {A: "x"}.get(ref, UNKNOWN)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": [A, 1, None]}, {"a": ["x", 1, None]}),
        (B, UNKNOWN),
        (Derived((A,), [A, "y"]), ["x", "y"]),
        (Derived((A,), PENDING), UNKNOWN),
        (Build("/nix/store/x"), "/nix/store/x"),
        (Expr(("a ", A, " $${b} %%{c}")), "a x ${b} %{c}"),
        (Expr(("n ", Derived((), 1), Derived((), True))), "n 1true"),
        (Expr(("${", A, "}")), "x"),
        (Expr(("${jsonencode(", Derived((), {"k": [A, "<"]}), ")}")), '{"k":["x","\\u003c"]}'),
        (Expr(("${base64encode(", A, ")}")), "eA=="),
        (Expr(("${cidrsubnet(", A, ", 8, 1)}")), OPAQUE),
        (Expr(("list: ", Derived((), [1]))), OPAQUE),
        (Expr(("${f(", B, ")}")), UNKNOWN),
        (Expr(("${path.module}",)), OPAQUE),
    ],
)
def test_what_a_value_comes_to(value: Any, found: Any) -> None:
    assert plain(value, look) == found


def test_marks_inside_are_found_and_replaced() -> None:
    value = {"a": [UNKNOWN, OPAQUE], "b": 1}
    assert holds(value, UNKNOWN)
    assert not holds(value["b"], UNKNOWN)
    assert filled(value, OPAQUE, lambda: "made up") == {"a": [UNKNOWN, "made up"], "b": 1}
    assert repr(UNKNOWN) == "UNKNOWN"
