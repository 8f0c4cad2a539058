"""Plans in files: exactly what was planned is done, by whoever applies it, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Told
from nivis_tofu.core.outcome import Applied
from nivis_tofu.run import sidecar
from nivis_tofu.run.saved import SavedRun
from tests.support.played import Play, Played, computed, document, thing


def chain(v: str = "x", c: str = "x") -> Any:
    return lambda ledger: document(thing("a", v), thing("b", computed(ledger, "a")), thing("c", c))


@pytest.fixture
def played(play: Play) -> Played:
    """A plan of the first of two phases in F."""
    found = play(chain())
    SavedRun(found.session()).plan_to(found.directory / "F")
    found.engine.calls.clear()
    return found


def apply(played: Played, **more: Any) -> Applied:
    return SavedRun(played.session()).apply_file(played.directory / "F", **more)


def summary(result: Applied) -> str:
    assert result.error is not None
    return result.error.diagnostics[0].summary


def test_a_plan_file_tells_all_phases_and_holds_the_first(play: Play) -> None:
    played = play(chain())
    preview = SavedRun(played.session()).plan_to(played.directory / "F")
    assert [(line.id, line.phase) for line in preview.lines] == [("p.t.a", 1), ("p.t.b", 2), ("p.t.c", 1)]
    found = sidecar.read(played.directory / "F")
    assert (found.whole, found.mode, found.serial) == (False, "normal", 0)
    assert [(x["resource_change"]["nivis_id"], x["phase"], x["waits_for"]) for x in found.later] == [
        ("p.t.b", 2, ["p.t.a.id"]),
    ]  # fmt: skip
    assert played.engine.objects() == {}


def test_one_phase_is_applied_and_the_rest_waits(played: Played) -> None:
    result = apply(played)
    assert [call[0] for call in played.engine.calls] == ["apply"], "no plan is made anew"
    assert (set(played.engine.objects()), result.complete, result.error) == ({"t.a", "t.c"}, False, None)


def test_all_phases_go_on_to_the_end(played: Played) -> None:
    result = apply(played, all_phases=True)
    assert (set(played.engine.objects()), result.complete, result.tally.phases) == ({"t.a", "t.b", "t.c"}, True, 2)


def test_a_plan_of_an_older_state_is_refused(played: Played) -> None:
    played.applied(chain("other"))
    result = apply(played)
    assert summary(result) == "The plan is stale"
    assert not played.engine.said("apply")


def test_an_edited_flake_changes_nothing_of_the_plan_and_is_told(played: Played) -> None:
    played.flake = chain("edited", c="edited")
    result = apply(played)
    assert {a: o["v"] for a, o in played.engine.objects().items()} == {"t.a": "x", "t.c": "x"}
    assert result.error is None
    told = [event.text for event in played.events if isinstance(event, Told)]
    assert any(text.startswith("The flake was edited since F was made") for text in told)


def test_an_edited_flake_ends_the_approval_of_later_phases(played: Played) -> None:
    played.flake = chain(c="edited")
    result = apply(played, all_phases=True)
    assert result.error is not None
    assert set(played.engine.objects()) == {"t.a", "t.c"}


def test_a_place_that_holds_something_else_is_refused_before_the_plan(play: Play) -> None:
    played = play(chain())
    (played.directory / "F").write_text("the only copy")
    with pytest.raises(NivisError, match="Nothing can be written there"):
        SavedRun(played.session()).plan_to(played.directory / "F")
    assert played.engine.calls == []
    assert (played.directory / "F").read_text() == "the only copy"


def test_an_older_plan_may_be_written_over(played: Played) -> None:
    SavedRun(played.session()).plan_to(played.directory / "F")
    assert apply(played).error is None


def test_a_plan_file_alone_is_not_applied(played: Played, tmp_path: Path) -> None:
    sidecar.beside(played.directory / "F").unlink()
    assert "has no sidecar" in summary(apply(played))


def test_a_destroy_in_a_file(play: Play) -> None:
    played = play(chain()).applied()
    preview = SavedRun(played.session()).plan_destroy_to(played.directory / "F")
    assert {line.action for line in preview.lines} == {"delete"}
    assert set(played.engine.objects()) == {"t.a", "t.b", "t.c"}
    result = apply(played)
    assert (played.engine.objects(), result.complete, result.error) == ({}, True, None)


def test_a_refresh_in_a_file(play: Play) -> None:
    played = play(chain()).applied()
    played.engine.real["t.a"] = {**played.engine.objects()["t.a"], "v": "drifted"}
    found = SavedRun(played.session()).plan_refresh_to(played.directory / "F")
    assert found.drifted == ("p.t.a",)
    assert sidecar.read(played.directory / "F").mode == "refresh-only"
    assert apply(played).error is None


def test_variables_are_those_of_the_plan(play: Play) -> None:
    played = play(lambda ledger: document(thing("a", ledger["vars"].get("v", "none"))))
    SavedRun(played.session(var=["v=one"])).plan_to(played.directory / "F")
    refused = SavedRun(played.session(var=["v=two"])).apply_file(played.directory / "F")
    assert summary(refused) in ("A saved plan has its own variables", "A sensitive variable has another value")
    assert played.engine.objects() == {}
