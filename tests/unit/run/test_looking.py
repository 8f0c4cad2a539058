"""A run that only looks: what it shows, what it asks checks, and that it changes nothing."""

from __future__ import annotations

import pytest

from nivis_tofu.run import policy
from nivis_tofu.run.loop import Run
from tests.support.played import Play, document, thing

NEVER = "exit 9"


@pytest.fixture(autouse=True)
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are played here: each check refuses."""
    monkeypatch.setattr(policy, "_run", lambda _, command, __: policy.Refusal(command, 9, ""))


def chain(v: str = "x"):  # type: ignore[no-untyped-def]  # a flake
    return lambda _: document(thing("a", v))


@pytest.mark.parametrize("checks", [(), (NEVER,)])
def test_a_plan_is_shown_whatever_checks_say(play: Play, checks: tuple[str, ...]) -> None:
    run = Run(play(chain()).session(check=list(checks)))
    assert [line.id for line in run.plan().changes] == ["p.t.a"]
    assert [r.command for r in run.refusals] == list(checks)


def test_where_nothing_changes_nothing_is_checked(play: Play) -> None:
    run = Run(play(chain()).applied().session(check=[NEVER]))
    assert run.plan().empty
    assert run.refusals == ()


def test_a_destroy_is_planned_only_for_checks(play: Play) -> None:
    played = play(chain()).applied()
    before = played.engine.state_file.read_bytes()
    run = Run(played.session())
    assert [line.action for line in run.plan_destroy().lines] == ["delete"]
    assert "plan" not in [call[0] for call in played.engine.calls]
    run = Run(played.session(check=[NEVER]))
    run.plan_destroy()
    assert [r.command for r in run.refusals] == [NEVER]
    assert "A check refuses the plan" in str(run.refused(late=False))
    assert played.engine.state_file.read_bytes() == before
