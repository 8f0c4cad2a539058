"""What is read off the document of a plan."""

from __future__ import annotations

from nivis_tofu.stacks.outcome import Result

PLAN = {
    "changes": [{"action": "create"}, {"action": "create"}, {"action": "noop"}, {"action": "read"}],
    "outputs": {"vpc": "update", "arn": "create"},
}


def test_a_plan_that_changes_something() -> None:
    found = Result("a", "done", 0, PLAN)
    assert found.actions == {"create": 2}
    assert found.changing == ("arn", "vpc")
    assert found.changes


def test_outputs_alone_are_a_change_too() -> None:
    assert Result("a", "done", 0, {"changes": [], "outputs": {"x": "update"}}).changes


def test_what_left_no_document_changes_nothing() -> None:
    assert not Result("a", "failed", 1).changes
