from __future__ import annotations

import json

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import legacy
from tests.support import rendering

OLD = json.dumps({"resources": {"p.t.a": {"id": "p.t.a", "type": "t", "attrs": {"id": "1"}}}})


@pytest.mark.parametrize(
    "text",
    [
        '{"lineage": "x", "resources": {}}',
        "",
        "[]",
        "{",
        '{"resources": []}',
        '{"resources": {"a": {"id": "b", "attrs": {}}}}',
    ],
)
def test_anything_else_is_no_state_of_the_older_one(text: str) -> None:
    assert legacy.read(text) is None
    legacy.refuse("x.json", text)


def test_its_state_is_known_and_refused_where_the_engine_would_read_it() -> None:
    assert legacy.read(OLD) == {"p.t.a": {"id": "1"}}
    with pytest.raises(NivisError, match="This is a state of the older nivis"):
        legacy.refuse("x.json", OLD)


def test_what_has_no_provider_or_type_cannot_be_taken_over() -> None:
    ir = rendering.decode(rendering.document(rendering.data("a", 1)))
    objects: legacy.Objects = {"gone.t.x": {}, "terraform.nosuch.y": {}, "data.terraform.nosuch.z": {}}
    with pytest.raises(NivisError, match="Cannot take over a resource") as error:
        legacy.state(objects, ir, lambda *_: None, "opentofu")
    told = {d.address: d.detail for d in error.value.diagnostics}
    assert set(told) == {"gone.t.x", "terraform.nosuch.y"}
    assert "provider `gone` is not declared" in told["gone.t.x"]
    assert "no resource type `nosuch`" in told["terraform.nosuch.y"]
