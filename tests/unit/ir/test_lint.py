"""Arguments and references against provider schemas."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.ir import lint
from nivis_tofu.ir.decode import decode
from nivis_tofu.ir.schema import BlockSchema, Kind

LISTED = {"nesting_mode": "list", "block": {"attributes": {"size": {"type": "number"}}}}
SCHEMAS: dict[tuple[str, str], dict[str, Any]] = {
    ("provider", ""): {
        "attributes": {"region": {"type": "string"}},
        "block_types": {"default_tags": {"nesting_mode": "list", "block": {"attributes": {"tags": {}}}}},
    },
    ("resource", "p_thing"): {
        "attributes": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "labels": {"type": ["map", "string"]},
            "ids": {"type": ["list", "string"]},
            "set": {"type": ["set", "string"]},
            "count_of": {"type": "number"},
            "on": {"type": "bool"},
            "any": {"type": "dynamic"},
            "rules": {"type": ["set", ["object", {"port": "number"}]]},
            "spec": {"nested_type": {"nesting_mode": "list", "attributes": {"image": {"type": "string"}}}},
        },
        "block_types": {
            "disk": LISTED,
            "timeouts": {"nesting_mode": "single", "block": {"attributes": {"create": {"type": "string"}}}},
            "zone": {"nesting_mode": "map", "block": {"attributes": {"size": {"type": "number"}}}},
            "outer": {"nesting_mode": "set", "block": {"block_types": {"disk": LISTED}}},
        },
    },
}


def lookup(_: str, kind: Kind, name: str) -> BlockSchema | None:
    found = SCHEMAS.get((kind, name))
    return BlockSchema(found) if found else None


def thing(name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"p.p_thing.{name}", "provider": "p", "type": "p_thing", "name": name, "config": config}


def check(config: dict[str, Any], provider: dict[str, Any] | None = None, **more: Any) -> tuple[Diagnostic, ...]:
    document = {
        "schemaVersion": 1,
        "providers": {"p": {"source": "example/p", "config": provider or {}}},
        "resources": [thing("a", config), thing("b", {})],
        "edges": [],
        "nixConsumers": [],
        **more,
    }
    return lint.check(decode(document), lookup)


@pytest.mark.parametrize(
    "config",
    [
        {"name": "x", "labels": {"any": "thing"}},
        {"disk": [{"size": 1}, {"size": 2}]},
        {"timeouts": {"create": "5m"}, "zone": {"first": {"size": 1}}},
        {"rules": [{"port": 1}], "spec": [{"image": "i"}]},
        {"disk": None, "name": None},
        {"name": {"__ref": {"resource": "p.p_thing.b", "path": ["id"]}}},
        {"disk": {"__derived": {"inputs": ["p.p_thing.b.id"]}}},
        {"provisioner": {"local-exec": [{"command": "true"}]}, "dynamic": {}},
    ],
    ids=lambda config: "+".join(config),
)
def test_what_is_right(config: dict[str, Any]) -> None:
    assert check(config) == ()


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"disk": {"size": 1}}, "disk"),
        ({"rules": {"port": 1}}, "rules"),
        ({"spec": {"image": "i"}}, "spec"),
        ({"outer": [{"disk": {"size": 1}}]}, "outer[0].disk"),
    ],
)
def test_a_set_where_a_list_is_needed(config: dict[str, Any], where: str) -> None:
    (found,) = check(config)
    name = where.split(".")[-1]
    assert (found.summary, found.address, found.attribute) == ("A list is needed", "p.p_thing.a", where)
    assert found.hint == f"Wrap it in a list: `{name} = [ {{ … }} ];`."


def test_one_object_may_stand_for_a_list_where_the_configuration_says_so() -> None:
    single = {"disk": {"size": 1}, "rules": {"port": 1}, "outer": [{"disk": {"size": 1}}]}
    assert not check(single, {"default_tags": {"tags": {}}}, singleBlocks=True)
    (found,) = check({"disk": {"siez": 1}}, singleBlocks=True)
    assert (found.summary, found.attribute) == ("Unsupported argument", "disk.siez")
    (found,) = check({"spec": {"image": "x"}}, singleBlocks=True)
    assert found.summary == "A list is needed"  # the engine's JSON takes one object for blocks only


def test_provider_configuration() -> None:
    first, second = check({}, {"default_tags": {"tags": {}}, "regoin": "x"})
    assert (first.address, first.summary) == ("provider.p", "A list is needed")
    assert second.detail == "`provider.p` has no argument `regoin`."
    assert second.hint == "Did you mean `region`?"


@pytest.mark.parametrize(
    ("config", "where", "hint"),
    [
        ({"nane": "x"}, "nane", "Did you mean `name`?"),
        ({"disk": [{"sise": 1}]}, "disk[0].sise", "Did you mean `size`?"),
        ({"zone": {"k": {"sise": 1}}}, "zone.k.sise", "Did you mean `size`?"),
        ({"timeouts": {"qqq": 1}}, "timeouts.qqq", "There are: create."),
    ],
)
def test_unknown_argument(config: dict[str, Any], where: str, hint: str) -> None:
    (found,) = check(config)
    assert (found.summary, found.attribute, found.hint) == ("Unsupported argument", where, hint)


def test_reference_to_what_cannot_be() -> None:
    native = {"name": {"__ref": {"resource": "p.p_thing.b", "path": ["idd"]}}}
    derived = {"name": {"__derived": {"inputs": ["p.p_thing.b.idd"]}}}
    for config in (native, derived):
        (found,) = check(config)
        assert found.detail == "`p.p_thing.a` refers to `p.p_thing.b.idd`, but `p.p_thing.b` has no attribute `idd`."
        assert (found.summary, found.hint) == ("No such attribute", "Did you mean `id`?")


def test_reference_in_an_output() -> None:
    outputs = {"o": {"value": {"__ref": {"resource": "p.p_thing.b", "path": ["nope"]}}}}
    (found,) = check({}, outputs=outputs)
    assert (found.address, found.summary) == ("output.o", "No such attribute")


def mistyped(name: str, *path: Any) -> dict[str, Any]:
    return {"__ref": {"resource": f"p.p_thing.{name}", "path": list(path)}}


@pytest.mark.parametrize(
    ("config", "where", "words", "hint"),
    [
        (
            {"name": mistyped("b", "ids")},
            "name",
            "takes a string, but `p.p_thing.b.ids` is a list of string",
            '"ids" 0',
        ),
        (
            {"ids": mistyped("b", "id")},
            "ids",
            "takes a list of string, but `p.p_thing.b.id` is a string",
            "into a list",
        ),
        ({"ids": ["x", mistyped("b", "ids")]}, "ids[1]", "takes a string", "refPath"),
        ({"labels": mistyped("b", "ids")}, "labels", "takes a map of string, but", "lib.derived"),
        ({"labels": {"k": mistyped("b", "labels")}}, "labels.k", "takes a string, but", "lib.derived"),
        (
            {"count_of": mistyped("b", "on")},
            "count_of",
            "takes a number, but `p.p_thing.b.on` is a bool",
            "lib.derived",
        ),
        ({"rules": [{"port": mistyped("b", "ids")}]}, "rules[0].port", "takes a number", "refPath"),
        ({"rules": mistyped("b", "id")}, "rules", "takes a set of object", "lib.derived"),
        ({"spec": mistyped("b", "labels")}, "spec", "takes a list of object", "into a list"),
        ({"disk": [{"size": mistyped("b", "labels")}]}, "disk[0].size", "takes a number", "lib.derived"),
        ({"name": mistyped("b", "disk")}, "name", "is a list of object", "refPath"),
    ],
)
def test_a_reference_to_a_type_that_cannot_become_the_argument(
    config: dict[str, Any], where: str, words: str, hint: str
) -> None:
    (found,) = check(config)
    assert (found.summary, found.address, found.attribute) == ("A reference to another type", "p.p_thing.a", where)
    assert words in found.detail
    assert hint in found.hint


@pytest.mark.parametrize(
    "config",
    [
        {"name": mistyped("b", "on"), "count_of": mistyped("b", "id"), "on": mistyped("b", "name")},
        {"ids": mistyped("b", "set"), "set": mistyped("b", "ids"), "any": mistyped("b", "ids")},
        {"name": mistyped("b", "any"), "ids": [mistyped("b", "ids", 0)], "labels": mistyped("b", "spec", 0)},
        {"name": mistyped("b", "disk", 0, "size"), "rules": mistyped("b", "rules"), "spec": mistyped("b", "spec")},
        {"name": mistyped("many", "ids"), "labels": {"k": mistyped("b", "labels", "k")}},
    ],
)
def test_references_that_the_engine_converts(config: dict[str, Any]) -> None:
    many = {**thing("many", {"count": 2})}
    assert not check(config, resources=[thing("a", config), thing("b", {}), many])


def test_a_block_is_no_expression() -> None:
    for value in (mistyped("b", "disk"), {"__expr": ["${local.x}"]}):
        (found,) = check({"disk": value})
        assert (found.summary, found.attribute) == ("A block is needed", "disk")


def test_all_problems_at_once() -> None:
    assert len(check({"nane": 1, "disk": {"size": 1}}, {"regoin": 1})) == 3
