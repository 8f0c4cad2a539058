"""What is left of a resource whose object goes before its new values are known."""

from __future__ import annotations

from typing import Any

from nivis_tofu.ir.model import Meta, Resource
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import PENDING, Derived, Expr, Ref
from nivis_tofu.render.departing import arguments, provisioners

REF = Ref("p.t.b", ("id",))
UNKNOWN = Expr(("${each.value}",))


def resource(config: dict[str, Any], mode: Any = "managed", **other: Any) -> Resource:
    return Resource("p.t.a", mode, "p", "t", "a", "a", config, Meta(other=other))


def destroying(command: object) -> dict[str, object]:
    return {"when": "destroy", "command": command}


def test_destroy_time_provisioners_stay_however_they_are_written() -> None:
    found = resource(
        {
            "provisioner": [
                {"local-exec": [destroying("one"), {"command": "create"}]},
                {"remote-exec": destroying("two")},
                {"local-exec": destroying(REF)},
                {"local-exec": destroying(Derived((REF,), PENDING))},
                {"local-exec": destroying(Derived((REF,), "known"))},
                "nonsense",
            ]
        },
        provisioner={"local-exec": destroying("three")},
    )
    assert provisioners(found) == [
        {"local-exec": destroying("one")},
        {"remote-exec": destroying("two")},
        {"local-exec": destroying(Derived((REF,), "known"))},
        {"local-exec": destroying("three")},
    ]
    assert provisioners(resource(dict(found.config), mode="data")) == []


def test_arguments_are_complete_and_what_is_no_plain_data_is_unknown() -> None:
    schema = BlockSchema({"block_types": {"rule": {"block": {}}}})
    config: dict[str, Any] = {
        "name": "a", "vpc": REF, "tags": {"x": Derived((REF,), "y"), "z": [1, REF]}, "rule": Derived((REF,), []),
        "count": 2, "for_each": {}, "provisioner": [], "connection": {"host": "h"},
    }  # fmt: skip
    assert arguments(resource(config), schema) == {
        "name": "a", "vpc": UNKNOWN, "tags": {"x": UNKNOWN, "z": [1, UNKNOWN]}, "connection": {"host": "h"},
    }  # fmt: skip
    assert arguments(resource(config), None)["rule"] == UNKNOWN
    assert arguments(resource({"connection": {"host": REF}}), schema) == {}
