"""A made-up provider with one of each: what a schema can say of an argument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nivis_tofu.project.provider_schemas import Provided
from nivis_tofu.project.schema_cache import Schemas

SOURCE = "registry.opentofu.org/acme/acme"


def _block(**attributes: dict[str, Any]) -> dict[str, Any]:
    return {"attributes": attributes}


RULE = _block(port={"type": "number", "required": True}, note={"type": "string", "optional": True})
SERVER = {
    "description": "A server.\n\nIt */ serves.",
    "attributes": {
        "arn": {"type": "string", "computed": True, "description": "Where it is."},
        "name": {"type": "string", "required": True, "description": "What it is\ncalled."},
        "password": {"type": "string", "optional": True, "sensitive": True},
        "size": {"type": "number", "optional": True, "computed": True},
        "old": {"type": "bool", "optional": True, "deprecated": True, "description": "Use `size`."},
        "tags": {"type": ["map", "string"], "optional": True},
        "zones": {"type": ["list", "string"], "optional": True},
        "meta": {"type": "string", "optional": True},
        "in": {"type": "string", "optional": True},
        "check": {"type": "string", "optional": True},
        "shape": {"type": "string", "optional": True},
        "ingress": {"type": ["set", ["object", {"from": "number", "to": "number"}]], "optional": True},
        "disk": {
            "optional": True,
            "nested_type": {"nesting_mode": "single", "attributes": {"gb": {"type": "number", "required": True}}},
        },
    },
    "block_types": {
        "rule": {"nesting_mode": "list", "min_items": 1, "max_items": 2, "block": RULE},
        "other_rule": {"nesting_mode": "set", "block": RULE},
        "named": {"nesting_mode": "map", "block": RULE},
        "seen": {"nesting_mode": "list", "block": _block(at={"type": "string", "computed": True})},
    },
}
LOOKUP = _block(name={"type": "string", "required": True}, id={"type": "string", "computed": True})


def provided(directory: Path) -> Provided:
    """The provider, with its schemas cached in a directory."""
    schemas = Schemas(directory / "schema.zip")
    types = {"acme_server": {"block": SERVER}, "acme_key": {"block": _block()}}
    data = {"acme_lookup": {"block": LOOKUP}}
    schemas.store({"provider_schemas": {SOURCE: {"resource_schemas": types, "data_source_schemas": data}}})
    return Provided(schemas, SOURCE, "1.2.3")
