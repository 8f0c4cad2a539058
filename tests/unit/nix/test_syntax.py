"""Values as Nix text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.nix import syntax
from nivis_tofu.nix.syntax import Raw


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (-3, "-3"),
        ([-3, 3], "[ (-3) 3 ]"),
        (Decimal("2.5"), "2.5"),
        (2**63, 'lib.expr "\\${9223372036854775808}"'),
        (Decimal("0.12345678"), 'lib.expr "\\${0.12345678}"'),
        ([2**63], '[ (lib.expr "\\${9223372036854775808}") ]'),
        ('a"${b}\\\n\t', '"a\\"\\${b}\\\\\\n\\t"'),
        ("$$", '"$$"'),
        ({"a": 1, "b c": 2, "in": 3, "lib": 4, "x-y'": 5}, '{ a = 1; "b c" = 2; "in" = 3; "lib" = 4; x-y\' = 5; }'),
        ({}, "{ }"),
        ([], "[ ]"),
        ([Raw("f x"), Raw("x", simple=True)], "[ (f x) x ]"),
    ],
)
def test_on_one_line(value: Any, text: str) -> None:
    assert syntax.value(value) == text


def test_long_values_are_laid_out() -> None:
    word = "x" * 40
    assert syntax.value({"a": [word, word, word], "b": 1}) == (
        f'{{\n  a = [\n    "{word}"\n    "{word}"\n    "{word}"\n  ];\n  b = 1;\n}}'
    )


def test_names_of_bindings() -> None:
    taken = {"demo"}
    found = [syntax.variable(name, taken) for name in ("demo", "demo", "in", "a b", "0x", "lib")]
    assert found == ["demo_2", "demo_3", "r_in", "a_b", "r_0x", "r_lib"]
    assert set(found) < taken


def test_a_flake() -> None:
    text = syntax.flake({"a": Raw("f 1")}, {"resources": [Raw("a", simple=True)]}, ["Made by hand."])
    assert "  # Made by hand.\n" in text
    assert "      a = f 1;\n" in text
    assert "      resources = [ a ];\n      inherit ledger;\n" in text
    assert "#" not in syntax.flake({}, {})
