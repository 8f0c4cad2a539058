"""Schemas: unwrapping of dynamic values, sensitive paths, the cache."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.ir.schema import AttributeSchema, BlockSchema, below, is_block, is_set
from nivis_tofu.project.schema_cache import Schemas
from tests.support.source import MODULES

WRAPPED = {"value": {"a": None}, "type": ["object", {"a": "dynamic"}]}
PLAIN = {"a": None}


@pytest.mark.parametrize(
    ("kind", "raw", "plain"),
    [
        ("dynamic", WRAPPED, PLAIN),
        ("dynamic", None, None),
        ("string", "x", "x"),
        (["list", "dynamic"], [WRAPPED, None], [PLAIN, None]),
        (["map", "dynamic"], {"k": WRAPPED}, {"k": PLAIN}),
        (
            ["object", {"x": "dynamic", "dynamic": "string"}],
            {"x": WRAPPED, "dynamic": "s"},
            {"x": PLAIN, "dynamic": "s"},
        ),
        (["tuple", ["string", "dynamic"]], ["s", WRAPPED], ["s", PLAIN]),
        (["list", ["object", {"dynamic": "string"}]], [{"dynamic": "s"}], [{"dynamic": "s"}]),
        (["map", ["set", "string"]], {"value": ["s"], "type": ["t"]}, {"value": ["s"], "type": ["t"]}),
    ],
)
def test_unwrap_by_type(kind: Any, raw: Any, plain: Any) -> None:
    assert BlockSchema({"attributes": {"x": {"type": kind}}}).unwrap({"x": raw, "other": raw}) == {
        "x": plain,
        "other": raw,
    }


@pytest.mark.parametrize(
    ("mode", "wrap"),
    [
        ("single", lambda x: x),
        ("group", lambda x: x),
        ("list", lambda x: [x, None]),
        ("set", lambda x: [x]),
        ("map", lambda x: {"k": x, "none": None}),
        ("list", lambda _: None),
    ],
)
def test_unwrap_in_nested_things(mode: str, wrap: Any) -> None:
    attributes = {"d": {"type": "dynamic"}}
    block = BlockSchema({"block_types": {"b": {"nesting_mode": mode, "block": {"attributes": attributes}}}})
    nested = BlockSchema({"attributes": {"b": {"nested_type": {"nesting_mode": mode, "attributes": attributes}}}})
    for schema in (block, nested):
        assert schema.unwrap({"b": wrap({"d": WRAPPED})}) == {"b": wrap({"d": PLAIN})}


def test_sensitive_paths() -> None:
    secret = {"attributes": {"s": {"type": "string", "sensitive": True}, "p": {"type": "string"}}}
    schema = BlockSchema(
        {
            **secret,
            "block_types": {
                "one": {"nesting_mode": "single", "block": secret},
                "many": {
                    "nesting_mode": "list",
                    "block": {"block_types": {"x": {"nesting_mode": "set", "block": secret}}},
                },
            },
        }
    )
    assert set(schema.sensitive) == {("s",), ("one", "s"), ("many", "*", "x", "*", "s")}
    nested = BlockSchema({"attributes": {"n": {"nested_type": {"nesting_mode": "map", **secret}}}})
    assert nested.sensitive == (("n", "*", "s"),)


def test_the_cache(tmp_path: Path) -> None:
    schemas = Schemas(tmp_path / "work/schema.zip")
    assert not schemas.known
    assert schemas.block("h/n/t", "resource", "t_x") is None
    block = {"attributes": {"a": {"type": "string"}}}
    body = {
        "provider": {"block": block},
        "resource_schemas": {"t_x": {"block": block, "version": 2}},
        "data_source_schemas": {"t_y": {}},
    }
    schemas.store({"provider_schemas": {"h/n/t": body, "h/n/empty": {}}})
    again = Schemas(tmp_path / "work/schema.zip")
    for cache in (schemas, again):
        assert cache.known
        assert cache.block("h/n/t", "resource", "t_x") == BlockSchema({**block, "version": 2})
        assert cache.block("h/n/t", "data", "t_y") == BlockSchema({"version": 0})
        assert cache.block("h/n/t", "data", "t_x") is None
        assert cache.block("h/n/t", "provider") == BlockSchema(block)
        assert cache.types("h/n/t", "resource") == ["t_x"]
        assert cache.providers() == ["h/n/empty", "h/n/t"]


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "schema.zip").write_bytes(b"PK garbage")
    assert not Schemas(tmp_path / "schema.zip").known


SECRET = {"attributes": {"k": {"type": ["set", "string"]}}}


@pytest.mark.parametrize("nesting", ["single", "group", "list", "set", "map"])
@pytest.mark.parametrize("as_block", [True, False])
def test_places_are_found_however_deep(nesting: str, as_block: bool) -> None:
    data: dict[str, Any] = {"attributes": {"n": {"nested_type": {"nesting_mode": nesting, **SECRET}}}}
    if as_block:
        data = {"block_types": {"n": {"nesting_mode": nesting, "block": SECRET}}}
    spot: Any = below(BlockSchema(data), "n")
    assert is_set(spot) is (nesting == "set")
    steps: dict[str, list[Any]] = {"list": [0], "set": [0], "map": ["any key"]}
    for name in [*steps.get(nesting, []), "k"]:
        spot = below(spot, name)
    assert is_set(spot)
    assert below(spot, 0) == "string"
    assert below(below(spot, 0), 0) is None


def test_places_in_types() -> None:
    kinds = {"o": ["object", {"s": ["set", "string"]}], "m": ["map", ["set", "string"]], "t": ["tuple", ["string"]]}
    schema = BlockSchema({"attributes": {name: {"type": kind} for name, kind in kinds.items()}})
    assert is_set(below(below(schema, "o"), "s"))
    assert is_set(below(below(schema, "m"), "s"))
    assert below(below(schema, "t"), 0) == "string"
    assert below(schema, "unheard of") is None
    assert below(None, "x") is None


def test_what_an_attribute_is() -> None:
    blocks = ["list", ["object", {"s": "string"}]]
    made = AttributeSchema({"type": blocks, "optional": True, "computed": True, "deprecated": True})
    assert made.objects
    assert (made.objects.nesting, made.objects.block.names) == ("list", ("s",))
    assert made.nested is None
    assert (made.required, made.optional, made.computed, made.obsolete) == (False, True, True, True)
    assert made.is_collection
    assert not AttributeSchema({"type": "string"}).is_collection
    assert not AttributeSchema({}).objects


def test_schemas_are_walked_in_one_place() -> None:
    words = re.compile(r"\b(nesting_mode|nested_type|block_types)\b")
    walking = {name for name, path in MODULES.items() if words.search(path.read_text(encoding="utf-8"))}
    # What is generated from a schema is all of it, descriptions and limits included.
    assert walking <= {"ir.schema", "authoring.gen", "authoring.constructors"}


@pytest.mark.parametrize(
    ("found", "fits"),
    [
        ({}, True), ({"version": 1, "attributes": {"a": {"type": "string"}}, "block_types": {"b": {"block": {}}}}, True),
        ({"attributes": None}, True), ([], False), ({"version": "x"}, False), ({"attributes": [1]}, False), ({"attributes": {"a": 1}}, False),
        ({"block_types": {"b": 1}}, False), ({"block_types": {"b": {"block": {"attributes": 1}}}}, False),
        ({"attributes": {"a": {"nested_type": {"attributes": 1}}}}, False), ({"block_types": {"b": {"min_items": "x"}}}, False),
    ],
)  # fmt: skip
def test_the_form_of_a_block(found: Any, fits: bool) -> None:
    assert is_block(found) is fits
