"""A plan as a value: nothing of it stays on the disk."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.api.kept_plan import NAME, KeptPlan
from nivis_tofu.core.errors import NivisError
from nivis_tofu.run import policy
from tests.support.played import Ledger, Play, document, thing


def one(_: Ledger) -> dict[str, Any]:
    return document(thing("a", "1"))


def test_no_file_is_left(play: Play) -> None:
    played = play(one)
    preview, saved = KeptPlan(played.session(), save=True).plan()
    assert saved
    assert ([x.id for x in preview.changes], saved.plan[:2]) == (["p.t.a"], b"PK")
    run, applied = KeptPlan(played.session(), save=True).apply(saved, None)
    assert (applied.error, applied.complete, run.destroying) == (None, True, False)
    assert not [p for p in (played.directory / ".nivis").rglob("*") if p.name.startswith(("plan-", NAME))]


@pytest.mark.parametrize("save", [True, False])
def test_what_a_check_refuses_is_no_plan(play: Play, save: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "refusals", lambda *_, **__: (policy.Refusal("conftest", 1, "too big"),))
    kept = KeptPlan(play(one).session(check=["conftest"]), save=save)
    with pytest.raises(NivisError, match="A check refuses the plan") as caught:
        kept.plan()
    assert caught.value.raw == "too big"


@pytest.mark.parametrize("save", [True, False])
def test_plans_of_all_kinds(play: Play, save: bool) -> None:
    played = play(one).applied()
    kept = KeptPlan(played.session(), save=save)
    for made, saved in (kept.plan(), kept.plan_destroy(), kept.refresh()):
        assert made
        assert bool(saved) is save


def test_a_plan_of_another_project(play: Play) -> None:
    played = play(one)
    _, saved = KeptPlan(played.session(), save=True).plan()
    assert saved
    with pytest.raises(NivisError, match="The plan is of another project"):
        KeptPlan(played.session(attr="nivis.other"), save=True).apply(saved, None)
