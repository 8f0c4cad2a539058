"""Meta-arguments of a block."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core import json_text
from tests.support.rendering import data, decode, derived, document, ref, render


def block(ir: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json_text.loads(render(ir).text)["resource"]["terraform_data"][name]
    return found


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [
        ({"preventDestroy": True}, {"prevent_destroy": True}),
        ({"createBeforeDestroy": True}, {}),  # who creates first is decided outside, for the whole graph
        ({"ignoreChanges": ["tags", 'x["${k}"]']}, {"ignore_changes": ["tags", 'x["${k}"]']}),
        ({"ignoreChanges": "all"}, {"ignore_changes": "all"}),
        ({"replaceTriggeredBy": [{"__ref": ref("a", "x", 0)}]}, {"replace_triggered_by": ["terraform_data.a.x[0]"]}),
        ({"replaceTriggeredBy": ["terraform.terraform_data.a"]}, {"replace_triggered_by": ["terraform_data.a"]}),
        ({"precondition": [{"condition": True}]}, {"precondition": [{"condition": True}]}),
    ],
)
def test_lifecycle(lifecycle: dict[str, Any], expected: dict[str, Any]) -> None:
    ir = decode(document(data("a", 1), data("b", 1, meta={"lifecycle": lifecycle})))
    assert block(ir, "b").get("lifecycle", {}) == expected


def test_others_are_written_as_the_engine_spells_them() -> None:
    ir = decode(document(data("a", 1, meta={"timeouts": {"create": "5m"}, "someThingNew": "${x}"})))
    assert {k: v for k, v in block(ir, "a").items() if k != "input"} == {
        "timeouts": {"create": "5m"},
        "some_thing_new": "$${x}",
    }


def test_the_order_of_literals_goes_through_data_sources() -> None:
    kind = "terraform_remote_state"
    source = {
        "id": f"data.terraform.{kind}.s",
        "provider": "terraform",
        "type": kind,
        "name": "s",
        "config": {"backend": {"__ref": ref("a", "output")}},
    }
    through = {
        **derived("x"),
        "__derived": {**derived("x")["__derived"], "refs": [{"resource": source["id"], "path": ["x"]}]},
    }
    ir = decode(document(data("a", 1), data("b", through), dataSources=[source]))
    assert block(ir, "b")["depends_on"] == ["terraform_data.a"]
