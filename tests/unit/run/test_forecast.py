"""What is told of all phases before anything is done, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.run import forecast
from nivis_tofu.run.decide.phase import Phase
from nivis_tofu.run.loop import Run
from nivis_tofu.run.settle import settle
from nivis_tofu.run.start import start
from tests.support.played import Ledger, Play, Played, computed, document, ref, thing
from tests.support.played_engine import SOURCE


def chain(v: str = "x", **more: Any) -> Any:
    return lambda ledger: document(
        thing("a", v, **more), thing("b", computed(ledger, "a", attribute="out")), thing("c", ref("b", "out"))
    )


def told(played: Played, **options: Any) -> Phase:
    session = played.session().with_options(**options)
    return forecast.of(*settle(*start(session)))


def lines(phase: Phase) -> list[tuple[str, str, int]]:
    return [(line.id, line.action, line.phase) for line in phase.preview.lines if line.action != "noop"]


def test_where_nobody_waits_the_plan_of_the_phase_tells_all(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()
    played.flake = lambda _: document(thing("a", "y"))
    assert lines(told(played)) == [("p.t.a", "update", 1)]
    assert len(played.engine.said("plan")) == 1


def test_where_nothing_changes_no_document_is_asked_for(play: Play) -> None:
    """It has all of the state twice in it, and to write it the engine starts every provider."""
    played = play(chain()).applied()
    assert lines(told(played, detail=True)) == []
    assert [call[0] for call in played.engine.calls if call[0] in ("plan", "show")] == ["plan"]


def test_what_waits_and_is_there_is_previewed_once(play: Play) -> None:
    played = play(chain()).applied()
    played.flake = chain("y")
    phase = told(played)
    assert lines(phase) == [("p.t.a", "update", 1), ("p.t.b", "update", 2), ("p.t.c", "update", 2)]
    assert phase.preview.waits == {2: ("p.t.a.out",)}
    plans = played.engine.said("plan")
    assert [("-lock=false" in call, any(a.startswith("-out=") for a in call)) for call in plans][-1] == (True, False)
    assert len(plans) == 3, "the phase, once more without what waits, and the preview"


def test_attributes_cost_one_look_into_each_plan(play: Play) -> None:
    played = play(chain()).applied()
    played.flake = chain("y")
    session = played.session()
    session, phase = settle(*start(session))
    played.engine.calls.clear()
    found = forecast.of(session.with_options(detail=True), phase).preview
    assert [call[0] for call in played.engine.calls] == ["plan", "show", "show"]
    attributes = {line.id: [(a.path, a.known_after) for a in line.attributes] for line in found.lines}
    assert sorted(attributes["p.t.a"]) == [(("out",), 1), (("v",), 0)]
    assert (("v",), 1) in attributes["p.t.b"]
    assert not session.workdir.preview_file.exists()


def test_what_waits_for_a_later_phase_says_why_and_for_what(play: Play) -> None:
    def flake(ledger: Ledger) -> dict[str, Any]:
        providers = {
            "p": {"source": SOURCE, "config": {}},
            "q": {"source": SOURCE, "config": {"region": computed(ledger, "a")}},
        }
        other = {**thing("x", "x"), "id": "q.t.x", "provider": "q"}
        group = {"name": "hosts", "refs": [{"resource": "p.t.a", "path": ["id"]}]}
        things = (thing("a", "x"), thing("b", computed(ledger, "a")), thing("c", ref("b")), other)
        return {**document(*things, pending=[group]), "providers": providers}

    played = play(flake)
    found = [(x["resource_change"]["nivis_id"], x["reason"]) for x in forecast.later(told(played))]
    assert found == [
        ("p.t.b", "resource_config_unknown"),
        ("p.t.c", "deferred_prereq"),
        ("q.t.x", "provider_config_unknown"),
        ("hosts", "instance_count_unknown"),
    ]


def test_what_goes_in_a_later_phase_waits_as_well(play: Play) -> None:
    """A check that refuses destruction has to hear of it before anything is done."""
    played = play(
        lambda ledger: document(
            thing("a", "x"), thing("gone", "x"), thing("b", computed(ledger, "a", attribute="out"), force=ref("gone"))
        )
    ).applied()
    played.flake = lambda ledger: document(thing("a", "y"), thing("b", computed(ledger, "a", attribute="out")))
    found = {x["resource_change"]["nivis_id"]: x for x in forecast.later(told(played))}
    assert found.keys() == {"p.t.b", "p.t.gone"}
    gone = found["p.t.gone"]
    assert gone["resource_change"]["change"] == {"actions": ["delete"]}
    assert (gone["reason"], gone["phase"]) == ("deferred_prereq", 2)
    assert gone["resource_change"]["provider_name"] == found["p.t.b"]["resource_change"]["provider_name"]


def test_so_does_what_a_provider_removes_that_is_not_configured_yet(play: Play) -> None:
    def flake(region: Any, *things: dict[str, Any]) -> dict[str, Any]:
        providers = {"p": {"source": SOURCE, "config": {}}, "q": {"source": SOURCE, "config": {"region": region}}}
        return {**document(*things), "providers": providers}

    gone = {**thing("gone", "x"), "id": "q.t.gone", "provider": "q"}
    played = play(lambda _: flake("here", thing("a", "x"), gone)).applied()
    played.flake = lambda ledger: flake(computed(ledger, "a", attribute="out"), thing("a", "y"))
    [found] = forecast.later(told(played))
    assert found["resource_change"]["nivis_id"] == "q.t.gone"
    assert found["resource_change"]["change"] == {"actions": ["delete"]}


def test_the_outlook_counts_what_is_going_to_happen(play: Play) -> None:
    played = play(chain()).applied()
    played.flake = chain("y")
    found = forecast.outlook(told(played))
    assert (dict(found.actions), found.phases) == ({"p.t.a": "update", "p.t.b": "update", "p.t.c": "update"}, 2)


def test_a_module_for_a_destroy_has_no_outputs() -> None:
    module: dict[str, Any] = {
        "output": {"o": {}},
        "check": {},
        "resource": {},
        "provider": {},
        "terraform": {},
        "locals": {},
    }
    assert forecast.without_outputs(module).keys() == module.keys() - {"output", "check"}


def surviving(v: str, attribute: str) -> Any:
    """`b` waits for `a`; `c` has a change of its own and a value that Nix computes from `b`."""
    return lambda ledger: document(
        thing("a", v),
        thing("b", computed(ledger, "a", attribute="out")),
        thing("c", [computed(ledger, "b", attribute=attribute), v]),
    )


@pytest.mark.parametrize(("attribute", "phase"), [("id", 2), ("out", 3)])
def test_what_the_preview_leaves_as_it_is_costs_no_phase(play: Play, attribute: str, phase: int) -> None:
    played = play(surviving("x", attribute)).applied()
    played.flake = surviving("y", attribute)
    found = told(played)
    assert lines(found) == [("p.t.a", "update", 1), ("p.t.b", "update", 2), ("p.t.c", "update", phase)]
    assert forecast.outlook(found).phases == phase
    assert not played.session().workdir.preview_file.exists()
    done = Run(played.session()).apply()
    assert (done.error, done.tally.phases) == (None, phase), "what was told comes true"
