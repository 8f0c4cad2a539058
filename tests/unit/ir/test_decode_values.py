"""Values of an IR: what is a leaf, what is data, and what is said about the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.decode_values import ValueDecoder, kind
from nivis_tofu.ir.values import PENDING, Build, Derived, Expr, Ref

A = {"resource": "p.t.a", "path": ["id"]}
DERIVED = {"inputs": ["p.t.a.id"], "refs": [A]}


def decoded(data: Any, *ids: str) -> Any:
    """The value, which must be a good one."""
    decoder = ValueDecoder()
    decoder.ids = frozenset(ids)
    found = decoder.value(data, "p.t.x")
    decoder.check()
    return found


def problems(data: Any) -> list[str]:
    decoder = ValueDecoder()
    decoder.value(data, "p.t.x")
    return [f"{p.summary}: {p.detail}" for p in decoder.problems]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (None, None),
        (False, False),
        (Decimal("2.50"), Decimal("2.50")),
        ("e\u0301", "\u00e9"),
        (["e\u0301", {"e\u0301": 1}], ["\u00e9", {"\u00e9": 1}]),
        ({"__ref": A}, Ref("p.t.a", ("id",))),
        ({"__ref": {"resource": "p.t.a", "path": []}}, Ref("p.t.a", ())),
        ({"__ref": {"resource": "p.t.a", "path": ["l", 0, "k"]}}, Ref("p.t.a", ("l", 0, "k"))),
        ({"__sensitiveRef": A}, Ref("p.t.a", ("id",), sensitive=True)),
        ({"__build": {"path": "/nix/store/x"}}, Build("/nix/store/x")),
        ({"__build": {"path": "/p", "drv": "/d"}}, Build("/p", "/d")),
        ({"__expr": ["${upper(", {"__ref": A}, ")}"]}, Expr(("${upper(", Ref("p.t.a", ("id",)), ")}"))),
        ({"__derived": DERIVED}, Derived((Ref("p.t.a", ("id",)),), PENDING)),
        ({"__derived": {**DERIVED, "value": None}}, Derived((Ref("p.t.a", ("id",)),), None)),
        ({"__derived": {**DERIVED, "value": 1, "sensitive": True}}, Derived((Ref("p.t.a", ("id",)),), 1, True)),
        ({"__literal": {"__ref": A, "x": [1]}}, {"__ref": {"resource": "p.t.a", "path": ["id"]}, "x": [1]}),
        ({"__literal": {}}, {}),
    ],
)
def test_good_ones(data: Any, value: Any) -> None:
    assert decoded(data) == value


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"__ref": A, "x": 1}, "Malformed leaf: `p.t.x`: __ref stands beside other keys (x)."),
        ({"__ref": A, "__expr": []}, "Malformed leaf: `p.t.x`: __expr, __ref stands beside other keys (of the same kind)."),
        ({"__ref": "p.t.a.id"}, "Malformed leaf: `p.t.x` has a malformed `__ref`."),
        ({"__ref": {**A, "more": 1}}, "Malformed leaf: `p.t.x` has a malformed `__ref`."),
        ({"__expr": [1]}, "Malformed leaf: `p.t.x` has a malformed `__expr`."),
        ({"__expr": [["x"]]}, "Malformed leaf: `p.t.x` has a malformed `__expr`."),
        ({"__build": {}}, "Malformed leaf: `p.t.x` has a malformed `__build`."),
        ({"__build": {"path": "/p", "drv": 1}}, "Malformed IR: `p.t.x: drv` must be a string, not a number."),
        ({"__derived": {"inputs": [], "more": 1}}, "Malformed leaf: `p.t.x` has a malformed `__derived`."),
        ({"__derived": {"inputs": [], "refs": ["x"]}}, "Malformed leaf: `p.t.x`: 'x' is not a reference."),
        ({"__derived": {"inputs": [], "parts": [1]}}, "Malformed leaf: `p.t.x`: a part of a text is a string or a leaf."),
        ({"__derived": {"inputs": [], "sensitive": "yes"}}, "Malformed IR: `p.t.x: sensitive` must be a boolean, not a string."),
        ({"__literal": []}, "Malformed leaf: `p.t.x` has a malformed `__literal`."),
    ],
)  # fmt: skip
def test_broken_ones(data: Any, problem: str) -> None:
    assert problems([{"deep": data}]) == [problem]


@pytest.mark.parametrize("path", [[0], [None], ["a", True], ["a", 1.5], ["a", ["b"]]])
def test_the_path_of_a_reference(path: list[Any]) -> None:
    (problem,) = problems({"__ref": {"resource": "p.t.a", "path": path}})
    assert "the path of a reference holds strings and integers only, first an attribute" in problem


def test_two_keys_that_are_one_for_the_engine() -> None:
    (problem,) = problems({"\u00e9": 1, "e\u0301": 2})
    assert problem.startswith("Two map keys that are equal for the engine: ")


def test_all_problems_are_collected_and_raised_together() -> None:
    decoder = ValueDecoder()
    decoder.value([{"__ref": 1}, {"__build": 1}], "p.t.x")
    decoder.table([], "meta")
    with pytest.raises(IRError) as caught:
        decoder.check()
    assert [d.address for d in caught.value.diagnostics] == ["p.t.x", "p.t.x", ""]
    assert caught.value.diagnostics[2].detail == "`meta` must be an attribute set, not a list."


def test_a_reference_that_stands_twice_counts_once() -> None:
    assert decoded({"__derived": {"inputs": [], "refs": [A, A]}}).refs == (Ref("p.t.a", ("id",)),)


@pytest.mark.parametrize(
    ("ids", "ref"),
    [
        (["p.t.a"], Ref("p.t.a", ("list", 0, "k"))),
        (["p.t.a", "p.t.a.list"], Ref("p.t.a.list", ("0", "k"))),
        ([], Ref("p.t.a.list.0", ("k",))),
    ],
)
def test_inputs_of_the_older_form_name_the_longest_id_that_fits(ids: list[str], ref: Ref) -> None:
    assert decoded({"__derived": {"inputs": ["p.t.a.list.0.k"]}}, *ids).refs == (ref,)


def test_a_configuration_is_an_attribute_set() -> None:
    decoder = ValueDecoder()
    assert decoder.config({"a": 1}, "p.t.x") == {"a": 1}
    assert decoder.config({"__ref": A}, "p.t.x") == {}
    assert [p.summary for p in decoder.problems] == ["Malformed configuration"]


def test_what_may_be_left_out_is_empty() -> None:
    decoder = ValueDecoder()
    assert (decoder.sequence(None, "x"), decoder.table(None, "x"), decoder.text(None, "x")) == ([], {}, "")
    assert (decoder.flag(None, "x"), decoder.strings(None, "x")) == (False, ())
    decoder.check()
    decoder.strings(["a", 1], "x")
    assert decoder.problems[0].detail == "`x` must hold strings only."


def test_kinds_in_words() -> None:
    values: list[Any] = [{}, [], "", True, None, 1, Decimal(1)]
    found = ["an attribute set", "a list", "a string", "a boolean", "null", "a number", "a number"]
    assert list(map(kind, values)) == found
