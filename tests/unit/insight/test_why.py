"""Where a value comes from, and what its name may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.insight.why import Origin, hidden, parse, why
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.values import Ref
from tests.support.rendering import DATA, data, decode, derived, document, ref

IR = decode(document(data("a", "x"), data("ab", derived("y", "a")), data("c", {"__ref": ref("ab")})))


@pytest.mark.parametrize(
    ("text", "resource", "path"),
    [
        (f"{DATA}a.input", "a", ("input",)),
        ("terraform_data.ab.output", "ab", ("output",)),
        (f'{DATA}a.input[0]["k"].x', "a", ("input", 0, "k", "x")),
    ],
)
def test_names(text: str, resource: str, path: tuple[str | int, ...]) -> None:
    assert parse(IR, text) == Ref(DATA + resource, path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("terraform_data.zz.id", "names no resource of this configuration"),
        ("output.none", "is not a declared output"),
    ],
)
def test_what_names_nothing(text: str, said: str) -> None:
    with pytest.raises(NivisError, match=said):
        why(IR, Ledger(), text, {})


def test_a_computed_value_and_what_it_is_made_from() -> None:
    found = why(IR, Ledger(), f"{DATA}ab.input", {})
    assert (found.how, found.phase) == (("nix",), 2)
    assert [(o.what, o.how) for o in found.inputs] == [(f"{DATA}a.id", ("provider",))]


def test_a_reference_and_plain_data() -> None:
    assert why(IR, Ledger(), f"{DATA}c.input", {}).how == ("reference",)
    plain = why(IR, Ledger(), f"{DATA}a.input", {})
    assert (plain.how, plain.known, plain.value, plain.inputs) == (("written",), True, "x", ())


@pytest.mark.parametrize("value", ["of hunter2", ["x", {"k": "hunter2"}], {"hunter2": 1}, {"k": 71002200}])
def test_a_value_with_a_secret_in_it_is_as_secret_wherever_it_is_told(value: Any) -> None:
    secret, plain = Origin("m.out", ("provider",), 1, known=True, value=value), Origin("a.id", ("provider",), 1)
    found = hidden(
        replace(plain, inputs=(plain, replace(plain, inputs=(secret,)))), Redactor(["hunter2", "71002200"]).finds
    )
    assert not found.sensitive
    assert [i.sensitive for i in found.inputs] == [False, False]
    assert found.inputs[1].inputs == (replace(secret, sensitive=True),)
