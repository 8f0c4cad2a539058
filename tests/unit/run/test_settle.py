"""Settling: which values are trusted, which are asked for again, and when a plan is one that can be applied."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError, NixError
from nivis_tofu.ir.values import Ref
from nivis_tofu.run.decide.phase import Phase
from nivis_tofu.run.settle import no_progress, settle
from nivis_tofu.run.start import start
from tests.support.played import Ledger, Play, Played, ThrowError, computed, document, ref, thing


def settled(played: Played) -> tuple[Phase, int]:
    """The phase, and how many evaluations it took beside the first one."""
    session = played.session()
    session, at = start(session)
    before = played.evaluations
    _, phase = settle(session, at)
    return phase, played.evaluations - before


def chain(v: str, attribute: str = "id", **more: Any) -> Any:
    return lambda ledger: document(thing("a", v, **more), thing("b", computed(ledger, "a", attribute=attribute)))


def test_where_nothing_changes_one_plan_tells_it(play: Play) -> None:
    played = play(chain("x")).applied()
    phase, evaluations = settled(played)
    assert (phase.idle, phase.cut.whole, evaluations, len(played.engine.calls)) == (True, True, 0, 1)


def test_a_value_that_stays_holds_nobody(play: Play) -> None:
    played = play(chain("x")).applied()
    played.flake = chain("y")
    phase, evaluations = settled(played)
    assert [(c.addr, c.action) for c in phase.changes] == [("t.a", "update")]
    assert (phase.cut.held, evaluations) == (frozenset(), 0)
    assert [call[0] for call in played.engine.calls] == ["plan", "show"], "ids are looked at, and stay"


def test_a_value_that_will_change_is_not_trusted_and_its_user_survives_the_phase(play: Play) -> None:
    played = play(chain("x", "out")).applied()
    played.flake = chain("y", "out")
    phase, evaluations = settled(played)
    assert phase.at.ledger.unknown == {Ref("p.t.a", ("out",))}
    assert phase.cut.held == {"p.t.b"}
    assert phase.cut.exclude == {"t.b"}
    assert evaluations == 1
    assert "-exclude=t.b" in played.engine.said("plan")[-1]
    assert [(c.addr, c.action) for c in phase.changes] == [("t.a", "update")]


def test_a_value_that_the_plan_knows_costs_no_phase(play: Play) -> None:
    played = play(chain("x", "v")).applied()
    played.flake = chain("y", "v")
    phase, _ = settled(played)
    assert phase.at.ledger.planned == {"p.t.a": {"v": "y"}}
    assert {c.addr for c in phase.changes} == {"t.a", "t.b"}
    assert phase.at.ir.resources["p.t.b"].derived[0].value == "<y>"


def test_a_chain_is_followed_to_its_end(play: Play) -> None:
    def flake(v: str) -> Any:
        return lambda ledger: document(
            thing("a", v),
            thing("b", computed(ledger, "a", attribute="out")),
            thing("c", computed(ledger, "b", attribute="v")),
        )

    played = play(flake("x")).applied()
    played.flake = flake("y")
    phase, _ = settled(played)
    assert phase.cut.held == {"p.t.b", "p.t.c"}


def test_who_refers_to_what_is_held_is_held_too(play: Play) -> None:
    def flake(v: str) -> Any:
        return lambda ledger: document(
            thing("a", v), thing("b", computed(ledger, "a", attribute="out")), thing("c", ref("b", "out"))
        )

    played = play(flake("x")).applied()
    played.flake = flake("y")
    assert settled(played)[0].cut.held == {"p.t.b", "p.t.c"}


def test_drift_is_what_nix_computes_from(play: Play) -> None:
    played = play(chain("x", "out")).applied()
    played.engine.real["t.a"] = {**played.engine.objects()["t.a"], "out": "else"}
    phase, evaluations = settled(played)
    assert evaluations == 1
    assert phase.at.ir.resources["p.t.b"].derived[0].value == "<else>"
    assert [(c.addr, c.action) for c in phase.changes] == [("t.b", "update")]


def picky(v: str) -> Any:
    """Throws on a bad value."""

    def flake(ledger: Ledger) -> dict[str, Any]:
        def render(out: str) -> str:
            if out.startswith("bad"):
                raise ThrowError("what a bad value")
            return out

        return document(
            thing("a", v), thing("b", computed(ledger, "a", render, "out")), thing("c", computed(ledger, "b"))
        )

    return flake


def test_nobody_is_stuck_behind_a_value_that_nix_throws_on(play: Play) -> None:
    played = play(lambda _: document(thing("a", "bad"), thing("b", "y"), thing("c", "z"))).applied()
    played.flake = picky("good")
    phase, _ = settled(played)
    assert [(c.addr, c.action) for c in phase.changes] == [("t.a", "update")]
    assert phase.cut.held == {"p.t.b", "p.t.c"}
    assert isinstance(phase.failure, NixError)


def test_where_nothing_mends_the_value_the_error_is_nix_s_own(play: Play) -> None:
    played = play(lambda _: document(thing("a", "bad"), thing("b", "y"), thing("c", "z"))).applied()
    played.flake = picky("bad")
    session = played.session()
    with pytest.raises(NixError):
        settle(*start(session))


def test_what_the_engine_refuses_is_planned_once_more_without_old_values(play: Play) -> None:
    played = play(chain("x", "out")).applied()
    played.engine.refuses["plan"] = "No such thing"
    session = played.session()
    session, at = start(session)
    with pytest.raises(EngineError, match="No such thing"):
        settle(session, at)
    assert len(played.engine.said("plan")) == 2
    assert [call.count("-exclude=t.b") for call in played.engine.said("plan")] == [0, 1]


def test_what_nothing_was_computed_for_is_refused_at_once(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()
    played.engine.refuses["plan"] = "No such thing"
    session = played.session()
    with pytest.raises(EngineError, match="No such thing"):
        settle(*start(session))
    assert len(played.engine.said("plan")) == 1


def test_what_can_never_be_known_is_named(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()
    played.flake = lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a", attribute="nope")))
    phase, _ = settled(played)
    assert phase.idle
    assert "p.t.a.nope" in str(no_progress(phase).diagnostics)


def test_a_module_that_was_refused_is_not_planned_twice(play: Play) -> None:
    group = {"name": "g", "refs": [{"resource": "p.t.a", "path": ["id"]}]}
    played = play(lambda _: document(thing("a", "x"), groups=[group])).applied()
    played.engine.refuses["plan"] = "No such thing"
    session = played.session()
    with pytest.raises(EngineError, match="No such thing"):
        settle(*start(session))
    assert len(played.engine.said("plan")) == 1


def test_drift_reaches_a_flake_that_reads_the_ledger_itself(play: Play) -> None:
    def flake(ledger: Ledger) -> dict[str, Any]:
        return document(thing("a", "x"), thing("b", ledger["outputs"].get("p.t.a", {}).get("out", "none")))

    played = play(flake).applied()
    played.engine.real["t.a"] = {**played.engine.objects()["t.a"], "out": "else"}
    assert [(c.addr, c.action) for c in settled(played)[0].changes] == [("t.b", "update")]
