from __future__ import annotations

from decimal import Decimal

import pytest

from nivis_tofu.hcl import literal, reader
from nivis_tofu.hcl.literal import NotLiteralError


def test_values_by_name() -> None:
    text = 'a = -1.50\nb = { "x y" = ["$${z}", null] }\n'
    assert literal.arguments(text) == {"a": Decimal("-1.50"), "b": {"x y": ["${z}", None]}}


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("x = f(1)", "x", "an expression"),
        ("x = { k = [1, v.w] }", "x.k[1]", "an expression"),
        ('x = "s3cret ${v.w}"', "x", "a template"),
        ("x {}", "x", "a block"),
    ],
)
def test_what_only_the_engine_could_evaluate(text: str, where: str, what: str) -> None:
    with pytest.raises(NotLiteralError) as error:
        literal.arguments(text)
    assert (error.value.where, error.value.what) == (where, what)
    assert "s3cret" not in str(error.value)


def test_settings_of_a_block() -> None:
    body = reader.body('a = 1\nb = [var.x, "${var.y}-z"]\nc {\n  d = true\n}\nc {}\n')
    assert literal.settings(body) == {"a": 1, "b": ["var.x", "${var.y}-z"], "c": [{"d": True}, {}]}
