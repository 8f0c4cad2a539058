"""Raw state text -> a snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nivis_tofu.ir import snapshot as state
from nivis_tofu.project.schema_cache import Schemas

SOURCE = "terraform.io/builtin/terraform"


def resource(name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"mode": "managed", "type": "terraform_data", "name": name, "provider": f'provider["{SOURCE}"]'}
    return {**base, "instances": list(instances), **more}


def read(tmp_path: Path, *resources: dict[str, Any]) -> state.Snapshot:
    schemas = Schemas(tmp_path / "schema.zip")
    attributes = {"input": {"type": "dynamic"}, "secret": {"type": "string", "sensitive": True}}
    body = {"resource_schemas": {"terraform_data": {"block": {"attributes": attributes}}}}
    schemas.store({"provider_schemas": {SOURCE: body}})
    text = json.dumps({"version": 4, "serial": 3, "lineage": "l", "outputs": {}, "resources": resources})
    return state.read(text, schemas)


def test_nothing() -> None:
    assert state.read("", Schemas(Path("none"))) == state.Snapshot()


def test_objects_are_single_instances_of_the_root_module(tmp_path: Path) -> None:
    wrapped = {"input": {"value": [1], "type": ["tuple", ["number"]]}}
    snapshot = read(
        tmp_path,
        resource("a", {"attributes": wrapped, "sensitive_attributes": [[{"type": "get_attr", "value": "input"}]]}),
        resource("counted", {"index_key": 0, "attributes": wrapped}, {"index_key": 1, "attributes": wrapped}),
        resource("inner", {"attributes": wrapped, "dependencies": ["terraform_data.a"]}, module='module.m["k.1"]'),
        resource("left", {"attributes": wrapped}, {"attributes": wrapped, "deposed": "0123abcd"}),
        resource("failed"),
        resource("d", {"attributes": {}}, mode="data"),
    )
    assert set(snapshot.objects) == {"terraform_data.a", "terraform_data.left", "data.terraform_data.d"}
    assert snapshot.objects["terraform_data.a"].attributes == {"input": [1]}
    # terraform_data drops the mark of its input from its output: what comes out is as secret.
    assert set(snapshot.objects["terraform_data.a"].sensitive) == {("input",), ("output",), ("secret",)}
    assert snapshot.addresses == {
        "terraform_data.a",
        "terraform_data.counted",
        "module.m",
        "terraform_data.left",
        "data.terraform_data.d",
    }
    assert snapshot.managed == snapshot.addresses - {"data.terraform_data.d"}
    assert snapshot.deposed == {"terraform_data.left"}
    assert snapshot.dependencies["module.m"] == {"terraform_data.a"}
    assert snapshot.providers["terraform_data.a"] == SOURCE
    assert snapshot.version == ("l", 3)


def test_dependencies_are_told_by_what_is_in_the_root_module(tmp_path: Path) -> None:
    needs = ["module.m.terraform_data.x", 'terraform_data.c["k"]', "data.terraform_data.d"]
    snapshot = read(tmp_path, resource("a", {"attributes": {}, "dependencies": needs}))
    assert snapshot.dependencies["terraform_data.a"] == {"module.m", "terraform_data.c", "data.terraform_data.d"}


def test_a_value_that_was_written_before_its_type_became_dynamic(tmp_path: Path) -> None:
    """The state still has it as it was: a newer provider's schema wraps only what it writes itself."""
    for old in ("plain", ["x"], {"value": 1}, {"k": 1}, 5):
        found = read(tmp_path, resource("a", {"attributes": {"input": old}}))
        assert found.objects["terraform_data.a"].attributes["input"] == old
