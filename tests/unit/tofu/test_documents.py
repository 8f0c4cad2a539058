"""Plan and state documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu import wire
from nivis_tofu.tofu.documents import Change, PlanChange, StateOutput, StateResource, read_plan, read_state


def resource(address: str, **fields: Any) -> dict[str, Any]:
    identity = {"mode": "managed", "type": "t", "name": "n", "provider_name": "r/h/p"}
    return {"address": address, **identity, **fields}


PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.12.6",
    "errored": False,
    "resource_changes": [
        resource(
            "t.n[0]",
            index=0,
            previous_address="t.old",
            action_reason="replace_because_cannot_update",
            deposed="abcd",
            change={
                "actions": ["create", "delete"],
                "before": {"x": 1},
                "after": {"x": Decimal("2.50")},
                "after_unknown": {"id": True},
                "before_sensitive": False,
                "after_sensitive": {"x": True},
                "replace_paths": [["x", 0, "y"]],
                "importing": {"id": "i"},
            },
        ),
    ],
    "resource_drift": [resource("t.gone", change={"actions": ["delete"], "before": {}, "after": None})],
    "output_changes": {"o": {"actions": ["update"], "before": 1, "after": 2}},
    "prior_state": {
        "format_version": "1.0",
        "values": {"root_module": {"resources": [resource("t.n", values={"x": 1}, sensitive_values={})]}},
    },
}


def test_plan() -> None:
    plan = read_plan(PLAN)
    assert plan.changes == (
        PlanChange(
            actions=("create", "delete"),
            before={"x": 1},
            after={"x": Decimal("2.50")},
            after_unknown={"id": True},
            before_sensitive=False,
            after_sensitive={"x": True},
            address="t.n[0]",
            mode="managed",
            type="t",
            name="n",
            index=0,
            provider="r/h/p",
            action_reason="replace_because_cannot_update",
            previous_address="t.old",
            importing={"id": "i"},
            replace_paths=(("x", 0, "y"),),
            deposed="abcd",
        ),
    )
    assert (plan.drift[0].address, plan.drift[0].action) == ("t.gone", "delete")
    assert plan.output_changes == {"o": Change(("update",), 1, 2)}
    assert [item.address for item in plan.prior_state.resources] == ["t.n"]
    assert (plan.errored, plan.complete) == (False, None)


def test_terraforms_own_fields() -> None:
    plan = read_plan({"format_version": "1.2", "applyable": True, "complete": False, "errored": True})
    assert (plan.complete, plan.errored) == (False, True)
    assert plan.changes == ()


@pytest.mark.parametrize(
    ("actions", "action", "first_create"),
    [
        (("no-op",), "noop", False),
        (("create",), "create", False),
        (("read",), "read", False),
        (("update",), "update", False),
        (("delete",), "delete", False),
        (("delete", "create"), "replace", False),
        (("create", "delete"), "replace", True),
        (("forget",), "forget", False),
        (("create", "forget"), "unknown", False),
        ((), "unknown", False),
    ],
)
def test_actions(actions: tuple[str, ...], action: str, first_create: bool) -> None:
    assert Change(actions).action == action
    assert Change(actions).create_before_destroy is first_create


def test_state_walks_into_modules() -> None:
    raw = {
        "format_version": "1.0",
        "terraform_version": "1.12.6",
        "values": {
            "outputs": {"o": {"value": "v", "sensitive": True, "type": "string"}},
            "root_module": {
                "resources": [
                    resource("t.n", values={"x": 1}, sensitive_values={"x": True}, depends_on=["t.m"], tainted=True)
                ],
                "child_modules": [
                    {
                        "resources": [resource('module.a.t.n["k"]', index="k", deposed_key="dead", values={})],
                        "child_modules": [{"resources": [resource("module.a.module.b.data.t.n", mode="data")]}],
                    }
                ],
            },
        },
    }
    state = read_state(raw)
    assert state.resources == (
        StateResource("t.n", "managed", "t", "n", None, "r/h/p", {"x": 1}, {"x": True}, ("t.m",), True),
        StateResource('module.a.t.n["k"]', "managed", "t", "n", "k", "r/h/p", {}, {}),
        StateResource("module.a.module.b.data.t.n", "data", "t", "n", None, "r/h/p", {}, {}),
    )
    assert state.outputs == {"o": StateOutput("v", True, "string")}


def test_empty_state() -> None:
    state = read_state({"format_version": "1.0"})
    assert (state.resources, state.outputs) == ((), {})


def test_newer_format_is_refused() -> None:
    with pytest.raises(EngineError) as caught:
        read_plan({"format_version": "2.0"})
    assert "'2.0'" in caught.value.diagnostics[0].detail


@pytest.mark.parametrize(("text", "why"), [("{", "It is not JSON"), ("[]", "not an object"), ("", "not JSON")])
def test_documents_that_are_none(text: str, why: str) -> None:
    with pytest.raises(EngineError) as caught:
        wire.load_object(text, "the thing")
    assert caught.value.diagnostics[0].detail.startswith("Cannot read the thing. ")
    assert why in caught.value.diagnostics[0].detail


def test_numbers_never_become_floats() -> None:
    loaded = json_text.loads("[1e3, 0.1, 9007199254740993, -0.0, 100000000000000000000]")
    assert not [item for item in loaded if isinstance(item, float)]
    assert loaded[1:3] == [Decimal("0.1"), 9007199254740993]
