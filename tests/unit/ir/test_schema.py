"""Schemas: unwrapping of dynamic values, sensitive paths, the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project.schema_cache import Schemas

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
