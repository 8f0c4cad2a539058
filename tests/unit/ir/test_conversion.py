"""Types that the engine never converts into each other."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.conversion import never, type_at
from nivis_tofu.ir.schema import BlockSchema

OBJECT = ["object", {"a": "string"}]
THINGS: list[Any] = ["string", "number", "bool", ["list", "string"], ["set", "number"], ["map", "string"], OBJECT]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        *((thing, thing) for thing in THINGS),
        *((thing, "dynamic") for thing in THINGS),
        *((None, thing) for thing in THINGS),
        ("number", "string"),
        ("string", "bool"),
        (["list", "string"], ["set", "string"]),
        (["set", "number"], ["list", "string"]),
        (["tuple", ["string"]], ["list", "number"]),
        (OBJECT, ["map", "string"]),
        (["map", "string"], OBJECT),
        (["list", "dynamic"], ["list", "string"]),
    ],
)
def test_what_may_be_converted(given: Any, wanted: Any) -> None:
    assert not never(given, wanted)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("number", "bool"),
        ("string", ["list", "string"]),
        ("string", OBJECT),
        (["list", "string"], ["map", "string"]),
        (["set", "bool"], ["list", "number"]),
        (["list", "string"], ["list", ["list", "string"]]),
        (["map", "string"], ["map", OBJECT]),
    ],
)
def test_what_never_is(one: Any, other: Any) -> None:
    assert never(one, other)
    assert never(other, one)


def test_the_type_of_a_place() -> None:
    schema = BlockSchema(
        {
            "attributes": {"x": {"type": "string"}, "n": {"nested_type": {"nesting_mode": "map"}}},
            "block_types": {"b": {"nesting_mode": "set", "block": {}}, "s": {"nesting_mode": "single", "block": {}}},
        }
    )
    assert type_at(schema.attributes["x"]) == "string"
    assert type_at(schema.attributes["n"])[0] == "map"
    assert type_at(schema.blocks["b"])[0] == "set"
    assert type_at(schema.blocks["s"])[0] == "object"
    assert type_at(schema)[0] == "object"
    assert type_at(None) is None
