"""What an announcement covers, and what is left of it when some of it is done."""

from __future__ import annotations

import pytest

from nivis_tofu.run.decide.planner import Announced
from nivis_tofu.tofu.messages import Planned

ACTIONS = ("create", "update", "replace", "delete", "forget")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("address", ["a.b", "a.many", 'a.many["k"]'])
def test_what_was_announced_is_done_once(action: str, address: str) -> None:
    told = Announced({"a.b": action, "a.many": action, 'a.many["k"]': action, "a.other": action}, strict=True)
    assert told.covers(told.name(address), action)
    left = told.after([Planned(address, action)])  # type: ignore[arg-type]  # a literal of the parameter
    assert not left.covers(left.name(address), action)
    assert left.covers("a.other", action)


def test_an_instance_that_was_announced_with_the_others_uses_up_its_own_part() -> None:
    left = Announced({"a.many": "replace"}, strict=True).after([Planned("a.many[0]", "replace")])
    assert not left.covers(left.name("a.many[0]"), "replace")
    assert left.covers(left.name("a.many[1]"), "replace")


@pytest.mark.parametrize("steps", [("delete", "create"), ("create", "delete")])
def test_a_replacement_in_two_steps_is_one(steps: tuple[str, str]) -> None:
    left = Announced({"a.b": "replace"}, strict=True)
    for step in steps:
        assert left.covers("a.b", step) or steps[0] == "create"  # a deposed object is removed without being asked for
        left = left.after([Planned("a.b", step)])  # type: ignore[arg-type]  # a literal of the parameter
    assert not any(left.covers("a.b", action) for action in ACTIONS)


@pytest.mark.parametrize("strict", [True, False])
def test_what_was_open_is_so_until_it_was_acted_on(strict: bool) -> None:
    told = Announced({}, frozenset({"a.b"}), strict)
    assert told.covers("a.b", "delete") is not strict
    left = told.after([Planned("a.b", "delete")])
    assert not left.covers("a.b", "delete")
    assert left.covers("a.b", "create")
