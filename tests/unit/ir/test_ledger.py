"""What is known, what is trusted, what is secret."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.ir.ledger import Ledger, Object, Taint
from nivis_tofu.ir.values import Ref
from tests.support.rendering import DATA, data, decode, derived, document, ref

A = DATA + "a"
PROVIDER = "terraform.io/builtin/terraform"


def held(attributes: Any, *sensitive: tuple[str | int, ...]) -> Object:
    return Object("terraform_data.a", PROVIDER, attributes, sensitive)


def at(*path: str | int) -> Ref:
    return Ref(A, path)


def test_lookup_prefers_what_is_planned() -> None:
    ledger = Ledger({A: held({"x": 1, "y": {"k": [1]}})}, planned={A: {"y": {"k": [2]}}})
    assert ledger.lookup(at("x")) == (True, 1)
    assert ledger.lookup(at("y", "k", 0)) == (True, 2)
    assert ledger.lookup(at("y", "k", 1)) == (False, None)
    assert ledger.lookup(at()) == (False, None)
    assert ledger.lookup(Ref("other", ("x",))) == (False, None)


@pytest.mark.parametrize(
    ("unknown", "only", "trusted"),
    [
        ([], None, True),
        ([("y",)], None, False),
        ([("y", "k")], None, False),
        ([("y", "k", 0)], None, False),
        ([("y", "other")], None, True),
        ([()], None, False),
        ([], [], False),
        ([], [("y",)], True),
        ([], [("y", "k", 0)], False),
        ([("y", "k")], [("y",)], False),
    ],
)
def test_trust(unknown: list[tuple[Any, ...]], only: list[tuple[Any, ...]] | None, trusted: bool) -> None:
    refs = frozenset(at(*path) for path in unknown)
    ledger = Ledger(unknown=refs, only=None if only is None else frozenset(at(*p) for p in only))
    assert ledger.trusts(at("y", "k")) is trusted


def test_the_document_for_nix() -> None:
    ledger = Ledger(
        {A: held({"big": 2**63, "min": -(2**63), "f": Decimal("0.1"), "fine": Decimal("0.10000000000000000001")})},
        planned={A: {"big": 1}},
        unknown=frozenset({at("f")}),
        only=frozenset({at("min")}),
    )
    found = ledger.document(2, {"v": "x"})
    assert found["outputs"][A] == {"big": None, "min": -(2**63), "f": Decimal("0.1"), "fine": None}
    assert found["planned"] == {A: {"big": 1}}
    assert found["inexact"] == {A: [{"path": ["fine"], "text": "0.10000000000000000001"}]}
    assert (found["unknown"], found["only"]) == ({A: [["f"]]}, {A: [["min"]]})
    assert (found["phase"], found["vars"]) == (2, {"v": "x"})
    assert Ledger().document(1, {})["only"] is None


@pytest.mark.parametrize(
    ("pattern", "path", "sensitive"),
    [
        (("x",), ("x",), True),
        (("x",), ("x", "deep"), True),
        (("x", "deep"), ("x",), True),
        (("x", "*", "k"), ("x", 3, "k"), True),
        (("x", "*", "k"), ("x", 3, "other"), False),
        (("x", "0"), ("x", 0), True),
        (("y",), ("x",), False),
    ],
)
def test_sensitive(pattern: tuple[str, ...], path: tuple[str | int, ...], sensitive: bool) -> None:
    assert Ledger({A: held({}, pattern)}).is_sensitive(at(*path)) is sensitive
    assert Ledger(marks={A: (pattern,)}).is_sensitive(at(*path)) is sensitive
    assert Ledger().is_sensitive(Ref(A, path, sensitive=True))


@pytest.mark.parametrize(
    ("number", "handed"),
    [
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, "9223372036854775808"),
        (Decimal("0.5"), Decimal("0.5")),
        (Decimal("0.123456789012345678901"), "0.123456789012345678901"),
        (Decimal("1E+400"), "1E+400"),
        (True, True),
    ],
)
def test_a_variable_that_nix_cannot_hold_is_text(number: Any, handed: Any) -> None:
    found = Ledger().document(1, {"n": number, "deep": {"l": [number, "x"]}})["vars"]
    assert found == {"n": handed, "deep": {"l": [handed, "x"]}}
    assert type(found["n"]) is type(handed)


def test_secrets_for_redaction() -> None:
    attributes = {"l": [{"k": "one", "p": "public"}, {"k": 12}], "s": {"a": ["two"]}, "m": "three", "b": True}
    ledger = Ledger(
        {A: held(attributes, ("l", "*", "k"), ("s",), ("b",))}, planned={A: {"m": "four"}}, marks={A: (("m",),)}
    )
    assert set(ledger.secrets()) == {"one", "12", "two", "three", "four"}


def test_taint_follows_values_and_terraform_data() -> None:
    ir = decode(
        document(
            data("last", derived("x", "c")),
            data("c", {"__ref": ref("b", "output")}),
            data("b", [derived("s", sensitive=True)]),
            data("free", derived("x", "b")),
            data("plain", {"__ref": ref("free", "output")}),
            data("sent", {"__sensitiveRef": ref("plain")}),
        )
    )
    taint = Taint(Ledger(), ir)
    assert taint.ref(Ref(DATA + "c", ("output",)))
    assert not taint.ref(Ref(DATA + "c", ("id",)))
    assert not taint.ref(Ref(DATA + "free", ("output",)))
    assert not taint.ref(Ref(DATA + "plain", ("output",)))
    assert taint.ref(Ref(DATA + "sent", ("output",)))
