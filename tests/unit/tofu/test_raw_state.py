"""The state file, version 4."""

from __future__ import annotations

from typing import Any

import pytest
import simplejson

from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu.raw_state import RawInstance, RawOutput, read_raw_state


def state(*resources: Any, **fields: Any) -> str:
    base = {"version": 4, "terraform_version": "1.12.6", "serial": 7, "lineage": "l-1", "outputs": {}}
    return simplejson.dumps({**base, "resources": resources, **fields})


def resource(*instances: Any, **fields: Any) -> dict[str, Any]:
    provider = 'provider["registry.opentofu.org/hashicorp/aws"]'
    base = {"mode": "managed", "type": "t", "name": "n", "provider": provider}
    return {**base, "instances": instances, **fields}


def test_header_and_outputs() -> None:
    raw = read_raw_state(state(outputs={"o": {"value": 1, "type": "number", "sensitive": True}}))
    assert raw is not None
    assert (raw.version, raw.serial, raw.lineage) == (4, 7, "l-1")
    assert raw.outputs == {"o": RawOutput(1, "number", True)}


def test_instance_in_full() -> None:
    path = [
        {"type": "get_attr", "value": "x"},
        {"type": "index", "value": {"value": 0, "type": "number"}},
        {"type": "index", "value": {"value": "k", "type": "string"}},
    ]
    item = {
        "index_key": 'a"b',
        "status": "tainted",
        "deposed": "dead",
        "schema_version": 2,
        "attributes": {"x": 1},
        "sensitive_attributes": [path],
        "dependencies": ["t.m"],
        "create_before_destroy": True,
    }
    raw = read_raw_state(state(resource(item, module="module.m[0]", mode="data")))
    assert raw is not None
    assert raw.instances == (
        RawInstance(
            address='module.m[0].data.t.n["a\\"b"]',
            mode="data",
            module="module.m[0]",
            type="t",
            name="n",
            index_key='a"b',
            provider="registry.opentofu.org/hashicorp/aws",
            attributes={"x": 1},
            sensitive_paths=(("x", 0, "k"),),
            dependencies=("t.m",),
            deposed="dead",
            tainted=True,
            create_before_destroy=True,
        ),
    )


def test_a_failed_resource_has_no_instances() -> None:
    raw = read_raw_state(state(resource()))
    assert raw is not None
    assert raw.instances == ()


def test_providers_of_resource_and_instance() -> None:
    name = 'module.m.provider["registry.opentofu.org/hashicorp/aws"]'
    raw = read_raw_state(
        state(resource({}, provider=f"{name}.west"), resource({"provider": f"{name}.east"}, provider=""))
    )
    assert raw is not None
    source = "registry.opentofu.org/hashicorp/aws"
    assert [item.provider for item in raw.instances] == [source, source]


@pytest.mark.parametrize("text", ["", "\n"])
def test_no_state(text: str) -> None:
    assert read_raw_state(text) is None


def test_newer_state_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match="State is newer than the tool") as caught:
        read_raw_state(state(version=5, terraform_version="3.0.0"))
    assert "format version 5, written by 3.0.0" in caught.value.diagnostics[0].detail


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", state(version=3), state(version="4"), state(resource(), resources=[{}]), state(3)],
)
def test_broken_states(text: str) -> None:
    with pytest.raises(EngineError, match="Unreadable engine output"):
        read_raw_state(text)
