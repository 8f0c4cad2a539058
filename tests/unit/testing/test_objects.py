"""What an object has: configured, fixed, made up."""

from __future__ import annotations

from typing import Any

from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.testing.computed import OPAQUE, UNKNOWN
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.objects import Maker, at_plan, is_known, shown

SCHEMA = BlockSchema(
    {
        "attributes": {
            "id": {"type": "string", "computed": True},
            "name": {"type": "string", "required": True},
            "tags": {"type": ["map", "string"], "optional": True},
            "size": {"type": "number", "optional": True, "computed": True},
            "info": {
                "computed": True,
                "nested_type": {"nesting_mode": "list", "attributes": {"host": {"type": "string", "computed": True}}},
            },
        },
        "block_types": {
            "disk": {
                "nesting_mode": "list",
                "block": {
                    "attributes": {
                        "gb": {"type": "number", "optional": True},
                        "serial": {"type": "string", "computed": True},
                    }
                },
            },
            "timeouts": {"nesting_mode": "single", "block": {"attributes": {}}},
            "named": {"nesting_mode": "map", "block": {"attributes": {}}},
        },
    }
)


def maker(**fixed: Any) -> Maker:
    return Maker(Inventor(), {"p.t.a": fixed})


def made(config: dict[str, Any], schema: BlockSchema | None = SCHEMA, type_: str = "t", **fixed: Any) -> dict[str, Any]:
    return maker(**fixed).made("p.t.a", type_, config, schema, {})


def test_configured_stays_computed_is_made_up_and_the_rest_is_null() -> None:
    found = made({"name": "n", "size": None, "disk": [{"gb": 1}]})
    assert (found["name"], found["tags"], found["timeouts"], found["named"]) == ("n", None, None, {})
    assert isinstance(found["id"], str)
    assert isinstance(found["size"], int)
    assert isinstance(found["info"][0]["host"], str)
    assert found["disk"] == [{"gb": 1, "serial": found["disk"][0]["serial"]}]
    assert made({"name": "n"})["disk"] == []


def test_what_the_test_fixes_wins() -> None:
    found = made({"name": "n"}, id="mine", name="other")
    assert (found["id"], found["name"]) == ("mine", "other")
    plan = maker(id="mine", name="other").planned("p.t.a", {"name": "n", "size": None}, SCHEMA)
    assert plan == {"name": "other", "size": UNKNOWN}


def test_without_a_schema_there_is_what_is_asked_for() -> None:
    found = Maker(Inventor(), {}).made("p.t.a", "t", {"x": 1}, None, {"zones": [(1,)], "x": [()]})
    assert (found["x"], len(found["zones"]), list(found)) == (1, 2, ["id", "zones", "x"])


def test_what_only_the_engine_computes_is_made_up_by_its_type() -> None:
    found = made({"name": OPAQUE, "size": OPAQUE, "tags": {"a": OPAQUE}})
    assert isinstance(found["name"], str)
    assert isinstance(found["size"], int)
    assert isinstance(found["tags"]["a"], str)


def test_the_engines_own_resource_gives_back_what_it_gets() -> None:
    found = made({"input": [1]}, None, "terraform_data")
    assert (found["output"], found["triggers_replace"]) == ([1], None)
    assert made({}, None, "terraform_data")["output"] is None
    before = made({"input": 1, "triggers_replace": 1}, None, "terraform_data")
    assert at_plan("terraform_data", before, {"input": 1, "triggers_replace": 1}) == before
    assert at_plan("terraform_data", before, {"input": 2, "triggers_replace": 1})["output"] is UNKNOWN
    assert at_plan("terraform_data", before, {"input": 1, "triggers_replace": 2})["id"] is UNKNOWN


def test_other_resources_keep_what_they_have() -> None:
    assert at_plan("t", None, {"a": 1}) == {"a": 1}
    assert at_plan("t", {"id": "x", "a": 1}, {"a": UNKNOWN}) == {"id": "x", "a": UNKNOWN}
    assert not is_known({"a": [UNKNOWN]})
    assert shown({"a": [UNKNOWN, 1]}) == {"a": [None, 1]}
