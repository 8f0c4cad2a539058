"""Values that a program gets."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import get_args

import pytest

from nivis_tofu.api.results import DriftedResource, Plan, ResourceChange, ResourceState, SavedPlan, State
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.run_result import Action

SAVED = SavedPlan("/x#nivis.plan", b"hunter2", '{"secret": "hunter2"}')


def change(action: Action, phase: int = 1) -> ResourceChange:
    return ResourceChange(f"p.t.{action}", action, "t", phase)


def test_what_a_plan_destroys_and_how_many_phases_it_takes() -> None:
    plan = Plan(tuple(map(change, get_args(Action))), saved=SAVED)
    assert [c.action for c in plan.destroys] == ["replace", "delete"]
    assert (plan.phases, plan.empty) == (1, False)
    assert Plan((change("create"), change("update", 3))).phases == 3


def test_a_plan_is_empty_if_nothing_can_come() -> None:
    assert Plan(()).empty
    assert Plan((), drift=(DriftedResource("a"),)).empty
    assert not Plan((), outputs={"x": "create"}).empty
    assert not Plan((), complete=False).empty


def test_a_plan_is_a_value() -> None:
    plan = Plan((change("create"),), saved=SAVED)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert "hunter2" not in repr(plan)


def test_a_plan_as_files(tmp_path: Path) -> None:
    Plan((), saved=SAVED).save(tmp_path / "F")
    assert (tmp_path / "F").read_bytes() == SAVED.plan
    assert (tmp_path / "F.nivis.json").read_text() == SAVED.sidecar
    assert {p.stat().st_mode & 0o777 for p in tmp_path.iterdir()} == {0o600}
    with pytest.raises(NivisError, match="The plan was not saved"):
        Plan(()).save(tmp_path / "G")


def test_a_resource_shows_no_secret() -> None:
    found = ResourceState(
        "a", "t.a", "t", {"pw": "hunter2", "list": [{"k": "hunter2", "n": 1}]}, (("pw",), ("list", "*", "k"))
    )
    assert "hunter2" not in repr(State({"a": found}))
    assert found.shown == {"pw": "(sensitive)", "list": [{"k": "(sensitive)", "n": 1}]}
    assert found.attributes["pw"] == "hunter2"
