"""Values as expressions of the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.ir.values import Expr, Ref
from nivis_tofu.render.expressions import expression, template, traversal

A = Ref("p.t.a", ("id",))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "t.a"),
        (("id",), "t.a.id"),
        (("x", 0, "y-z"), "t.a.x[0].y-z"),
        (("odd key",), 't.a["odd key"]'),
        (("a.b", "0"), 't.a["a.b"]["0"]'),
        (("${x}",), 't.a["$${x}"]'),
    ],
)
def test_traversals(path: tuple[str | int, ...], text: str) -> None:
    assert traversal("t.a", path) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (12345678901234567890123, "12345678901234567890123"),
        (Decimal("2.50"), "2.50"),
        ('a"${b}', '"a\\"$${b}"'),
        ([1, [A]], "[1, [<id>]]"),
        ({"k": A, "for": 1}, '{("k") = <id>, ("for") = 1}'),
        ({}, "{}"),
    ],
)
def test_expressions(value: Any, text: str) -> None:
    assert expression(value, lambda leaf: f"<{leaf.path[0]}>") == text  # type: ignore[union-attr]  # a Ref


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("a ", A, " b"), "a ${X} b"),
        (("${", A, "}"), "${X}"),
        (("${upper(", A, ")}"), "${upper(X)}"),
        (("%{ if ", A, " }y%{ endif }"), "%{ if X }y%{ endif }"),
        (('${f("in ', A, '")}'), '${f("in ${X}")}'),
        (("${ { a = ", A, " } } ", A), "${ { a = X } } ${X}"),
        (("$${", A, "}"), "$${${X}}"),
        (("costs $", A), 'costs ${"$"}${X}'),
    ],
)
def test_a_part_is_bare_inside_an_interpolation_and_wrapped_outside(parts: tuple[Any, ...], text: str) -> None:
    assert template(Expr(parts), lambda _: "X") == text


def test_only_literal_text_is_escaped_in_quotes() -> None:
    assert template(Expr(('say "', A, '" ${f("x")}')), lambda _: "X", quoted=True) == '"say \\"${X}\\" ${f("x")}"'
