"""Where a value comes from, and what its name may be."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.insight.why import parse, why
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
