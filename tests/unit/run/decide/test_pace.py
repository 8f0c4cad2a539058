"""When a run that goes on has to stop: not for its depth, but where it gets nowhere."""

from __future__ import annotations

from nivis_tofu.run.decide.pace import AGAIN, GROWING, Pace


def test_a_chain_may_be_of_any_depth() -> None:
    pace, depth = Pace(), 40 * GROWING
    for phase in range(1, depth + 1):
        assert not pace.over
        pace = pace.after(phase, depth - phase)
    assert not pace.over


def test_what_only_changes_what_was_changed_before_ends() -> None:
    pace = Pace().after(3, 0)
    for _ in range(AGAIN):
        assert not pace.over
        pace = pace.after(3, 0)
    assert pace.over


def test_something_new_now_and_then_is_enough() -> None:
    pace, acted = Pace(), 0
    for waiting in range(3 * AGAIN, 0, -1):
        acted += waiting % AGAIN == 0
        pace = pace.after(acted, waiting)
        assert not pace.over


def test_what_grows_without_end_ends() -> None:
    """Each phase makes something new, and as much as ever waits for it."""
    pace = Pace().after(1, 1)
    for phase in range(GROWING):
        assert not pace.over
        pace = pace.after(2 + phase, 1)
    assert pace.over


def test_groups_may_bring_groups() -> None:
    pace = Pace()
    for phase in range(GROWING - 1):
        pace = pace.after(phase, 1)
    assert not pace.after(GROWING, 0).over


def test_a_limit_is_one_wherever_the_run_gets() -> None:
    pace = Pace(limit=2).after(1, 5)
    assert not pace.over
    assert pace.after(2, 4).over
    for _ in range(4 * AGAIN):
        pace = replaced = pace.after(1, 5)
    assert replaced.over
    lenient = Pace(limit=500)
    for _ in range(4 * GROWING):
        lenient = lenient.after(1, 5)
    assert not lenient.over
