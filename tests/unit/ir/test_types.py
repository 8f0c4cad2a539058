"""Types of the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.ir.types import element, has_dynamic, mapped, type_of


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool"),
        (1, "number"),
        (Decimal("0.5"), "number"),
        ("x", "string"),
        (None, "dynamic"),
        ([1, "x"], ["tuple", ["number", "string"]]),
        ({"a": [None]}, ["object", {"a": ["tuple", ["dynamic"]]}]),
    ],
)
def test_types_of_values(value: Any, kind: Any) -> None:
    assert type_of(value) == kind
    assert has_dynamic(kind) is ("dynamic" in str(kind))


@pytest.mark.parametrize("kind", ["string", ["set", "dynamic"], ["object", {"dynamic": "string"}]])
def test_only_types_are_dynamic(kind: Any) -> None:
    assert has_dynamic(kind) is (kind == ["set", "dynamic"])


@pytest.mark.parametrize(
    ("kind", "step", "inner"),
    [
        (["list", "string"], 0, "string"),
        (["map", ["set", "number"]], "k", ["set", "number"]),
        (["tuple", ["bool", "string"]], 1, "string"),
        (["tuple", ["bool"]], 1, None),
        (["object", {"a": "bool"}, ["a"]], "a", "bool"),
        (["object", {"a": "bool"}], "b", None),
        ("dynamic", 0, None),
        (None, "x", None),
    ],
)
def test_elements(kind: Any, step: str | int, inner: Any) -> None:
    assert element(kind, step) == inner


def test_each_element_is_converted_by_its_own_type() -> None:
    def shown(value: Any, kind: Any) -> Any:
        return f"{value}: {kind}"

    assert mapped([1, 2], ["set", "number"], shown) == ["1: number", "2: number"]
    assert mapped([1, 2], ["tuple", ["number", "string"]], shown) == ["1: number", "2: string"]
    assert mapped({"a": 1, "b": 2}, ["object", {"a": "number"}], shown) == {"a": "1: number", "b": "2: None"}
    assert mapped({"a": 1}, ["map", "number"], shown) == {"a": "1: number"}
    for value, kind in ((1, "number"), ({"a": 1}, ["list", "number"]), (None, ["list", "number"])):
        assert mapped(value, kind, shown) == value
