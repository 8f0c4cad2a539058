"""The attributes of a plan: which plan tells them, when they are known, and why something goes."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.outcome import Attribute, Hidden, Line
from nivis_tofu.run.loop import Run
from nivis_tofu.run.plan_details import REASONS, reason
from tests.support.played import Play, Played, computed, document, ref, thing
from tests.support.situation import change


def chain(v: str, force: str = "1") -> Any:
    return lambda ledger: document(
        thing("a", v, force=force),
        thing("b", computed(ledger, "a", attribute="out")),
        outputs={"o": {"value": ref("b", "out")}},
    )


def planned(played: Played, **options: Any) -> dict[str, Line]:
    session = played.session().with_options(detail=True, **options)
    return {line.id: line for line in Run(session).plan().lines}


def told(line: Line) -> dict[Any, tuple[Any, Any, int]]:
    return {a.path[0]: (a.before, a.after, a.known_after) for a in line.attributes}


def test_each_line_is_told_by_the_plan_that_knows_it(play: Play) -> None:
    played = play(chain("x")).applied()
    played.flake = chain("y")
    lines = planned(played)
    assert told(lines["p.t.a"])["v"] == ("x", "y", 0)
    assert told(lines["p.t.b"])["v"] == ("<x!>", None, 1)
    (attribute,) = [a for a in lines["p.t.b"].attributes if a.path == ("v",)]
    assert attribute.provenance is not None
    assert (attribute.provenance.how, attribute.provenance.refs) == ("nix", ("p.t.a.out",))


def test_a_secret_is_hidden_unless_it_is_asked_for(play: Play) -> None:
    played = play(chain("x")).applied()
    played.flake = chain("x", force="2")
    assert str(told(planned(played)["p.t.a"])).count("secret-of") == 0
    assert "secret-of-id-a-1" in str(told(planned(played, show_sensitive=True)["p.t.a"]))


def test_why_something_is_replaced(play: Play) -> None:
    played = play(chain("x")).applied()
    played.flake = chain("x", force="2")
    line = planned(played)["p.t.a"]
    assert line.reason == "`force` cannot be changed in place"
    assert [a.path for a in line.attributes if a.forces] == [("force",)]


def test_what_goes_is_told_from_the_state(play: Play) -> None:
    played = play(chain("x")).applied()
    session = played.session().with_options(detail=True)
    lines = {line.id: line for line in Run(session).plan_destroy().lines}
    assert told(lines["p.t.a"])["v"] == ("x", None, 0)
    assert "secret-of" not in str(lines)


def test_what_somebody_else_changed_is_told_beside(play: Play) -> None:
    played = play(chain("x")).applied()
    played.engine.real["t.a"] = {**played.engine.objects()["t.a"], "v": "drifted"}
    line = planned(played)["p.t.a"]
    assert [(a.path, a.before, a.after) for a in line.drift] == [(("v",), "x", "drifted")]
    assert told(line)["v"] == ("drifted", "x", 0)


FORCED = {"action_reason": "replace_because_cannot_update", "replace_paths": (("az",), ("vpc", 0), ("az", "x"))}


@pytest.mark.parametrize("name", REASONS)
def test_reasons_of_the_engine_in_words(name: str) -> None:
    assert reason(Line("replace", "a"), [change("a", "replace", action_reason=name)], ()) == REASONS[name]


def test_reasons_that_nobody_knows_are_not_told() -> None:
    assert reason(Line("replace", "a"), [change("a", "replace", action_reason="replace_because_moon")], ()) == ""
    assert reason(Line("update", "a"), [change("a", "update")], ()) == ""
    assert reason(Line("delete", "a"), [], ()) == "it is no longer in the configuration"


def test_arguments_that_force_a_replacement_are_named_once() -> None:
    changes = [change("a", "replace", **FORCED)]
    assert reason(Line("replace", "a"), changes, ()) == "`az` and `vpc` cannot be changed in place"
    late = Attribute(("az",), "update", 1, Hidden("?"), known_after=1, forces=True)
    assert reason(Line("replace", "a"), changes, (late,)).endswith("; it stays if the value comes out equal")
