"""Where a configured value comes from."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.outcome import Provenance
from nivis_tofu.ir import provenance
from tests.support.rendering import DATA, data, decode, derived, document, ref

A = f"{DATA}a.id"


def leaf(kind: str, body: Any) -> dict[str, Any]:
    return {kind: body}


def at(value: Any, *path: str | int) -> Provenance | None:
    ir = decode(document(data("a", 1), data("b", value)))
    return provenance.at(dict(ir.resources[DATA + "b"].config), ("input", *path))


REF = leaf("__ref", ref("a"))
NATIVE = Provenance("reference", (A,))
PENDING = leaf("__derived", {"inputs": [A], "refs": [ref("a")]})
SECRET = leaf("__derived", {"inputs": [], "refs": [], "value": "hush", "sensitive": True})


def operand(value: Any) -> dict[str, Any]:
    return leaf("__derived", {"inputs": [], "refs": [], "value": value})


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        (REF, (), Provenance("reference", (A,))),
        (PENDING, (), Provenance("nix", (A,))),
        (PENDING, ("deep", 0), Provenance("nix", (A,))),
        (leaf("__expr", ["${x(", REF, ")}"]), (), Provenance("expression", (A,), ("${x(", NATIVE, ")}"))),
        (leaf("__expr", ["$${a} ", REF]), (), Provenance("expression", (A,), ("${a} ", NATIVE))),
        (
            leaf("__expr", ["${x(", operand({"a": [REF, "t", PENDING], "b": leaf("__build", {"path": "/p"})}), ")}"]),
            (),
            Provenance(
                "expression",
                (A,),
                (
                    *("${x(", "{", '"a":', "[", "", NATIVE, ",", '"t"', ",", Provenance("nix", (A,)), "]", ',"b":'),
                    *("/p", "}", ")}"),
                ),
            ),
        ),
        (
            leaf("__expr", ["${x(", operand(leaf("__expr", ["${y(", operand(SECRET), ")}"])), ")}"]),
            (),
            Provenance("expression", (), ("${x(", "${y(", Provenance("nix", ()), ")}", ")}")),
        ),
        ({"k": [1, {"n": REF}]}, ("k", 1, "n"), Provenance("reference", (A,))),
        ({"k": [1, REF]}, ("k", 1), Provenance("reference", (A,))),
        ({"k": [1, REF]}, (), Provenance("expression", (A,))),
        ({"k": [1, REF]}, ("k", 0), None),
        ({"k": [1, REF]}, ("k", 7), None),
        ({"k": 1}, ("other",), None),
        ("text", (), None),
        (
            leaf("__derived", {"inputs": [A], "refs": [ref("a")], "parts": ["x", REF, PENDING]}),
            (),
            Provenance("nix", (A,), ("x", Provenance("reference", (A,)), Provenance("nix", (A,)))),
        ),
    ],
)
def test_the_provenance_of_a_path(value: Any, path: tuple[str | int, ...], expected: Provenance | None) -> None:
    assert at(value, *path) == expected


def test_what_a_resource_is_derived_from() -> None:
    value = {"x": derived(1, "a"), "y": REF, "z": derived(2, "a", "c")}
    ir = decode(document(data("a", 1), data("c", 1), data("b", value, given=[ref("c", "output")])))
    assert provenance.derived_from(ir.resources[DATA + "b"]) == (f"{DATA}c.output", A, f"{DATA}c.id")
    assert provenance.derived_from(ir.resources[DATA + "a"]) == ()
