"""Bodies and expressions of the native syntax: data becomes data, everything else keeps its text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.hcl import reader
from nivis_tofu.hcl.reader import Source, Template, Traversal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("null", None),
        ("12345678901234567890123", 12345678901234567890123),
        ("2.50", Decimal("2.50")),
        ("-5", -5),
        ("- 5", -5),
        ("-1.50e-3", Decimal("-1.50e-3")),
        ("0.123456789012345678901234567890", Decimal("0.123456789012345678901234567890")),
        ('{ 3 = "d", "q\\"" : 1 }', {"3": "d", 'q"': 1}),
        ('"a\\tb\\"\\\\\\u00e9"', 'a\tb"\\é'),
        ('"$${x} %%{y}"', "${x} %{y}"),
        ('""', ""),
        ("[1, [true], {}]", [1, [True], {}]),
        ('{ a = 1, "b c" = [] }', {"a": 1, "b c": []}),
        ("[\n  1, # one\n  2,\n]", [1, 2]),
        ("<<EOT\n  a\n b\nEOT", "  a\n b\n"),
        ("<<-EOT\n  a\n   b $${c}\n  EOT", "a\n b ${c}\n"),
    ],
)
def test_data(text: str, value: Any) -> None:
    assert reader.expression(text) == value


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("aws_vpc.main.id", ("aws_vpc", "main", "id")),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('a.b["k-1"].c', ("a", "b", "k-1", "c")),
        ("var.x", ("var", "x")),
        ("a.b.0", ("a", "b", 0)),
    ],
)
def test_traversals(text: str, steps: tuple[str | int, ...]) -> None:
    assert reader.expression(text) == Traversal(steps, text)


@pytest.mark.parametrize(
    "text",
    ["1 + 2", "upper(var.x)", "a.b[*].c", "{ (var.k) = 1 }", 'a.b["${x}"]', '"%{ if x }a%{ endif }"', "-a", "!true"],
)
def test_expressions_keep_their_text(text: str) -> None:
    assert reader.expression(text) == Source(text)


def test_templates() -> None:
    assert reader.expression('"a ${var.x} b ${1 + 2}"') == Template(
        ("a ", Traversal(("var", "x"), "var.x"), " b ", Source("1 + 2"))
    )
    assert reader.expression("<<EOT\nhi ${var.x}\nEOT") == Template(("hi ", Traversal(("var", "x"), "var.x"), "\n"))
    quoted = '<<EOT\n"hi" ${var.x}\nEOT'
    assert reader.expression(quoted) == Source(quoted)


def test_a_body() -> None:
    found = reader.body('a = 1\nb "x" "y" {\n  c = 2\n}\nb {\n}\n')
    assert found.attributes == {"a": 1}
    assert [(kind, labels, inner.attributes) for kind, labels, inner in found.blocks] == [
        ("b", ("x", "y"), {"c": 2}),
        ("b", (), {}),
    ]
    assert found.without("b", "z").blocks == []
    assert found.without("a").attributes == {}


def test_the_inside_of_a_block() -> None:
    assert reader.inside('resource "a" "b" { x = { y = 1 } }').strip() == "x = { y = 1 }"


@pytest.mark.parametrize("text", ["a = ", "a = {", "= 1", "a b c"])
def test_what_is_not_understood(text: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        reader.body(text)
