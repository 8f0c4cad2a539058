"""`refresh`: the state follows what is real, and nothing real is changed."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run.refresh import is_drift, refresh
from nivis_tofu.tofu.documents import PlanChange
from tests.support.played import Play, Played, computed, document, thing


def pair(ledger: Any) -> dict[str, Any]:
    return document(thing("a", "x"), thing("b", computed(ledger, "a")))


@pytest.fixture
def drifted(play: Play) -> Played:
    """Somebody has changed a and deleted b."""
    found = play(pair).applied()
    found.engine.real = {"t.a": {**found.engine.objects()["t.a"], "v": "other"}, "t.b": None}
    return found


def test_what_is_as_it_was_costs_one_plan(play: Play) -> None:
    played = play(pair).applied()
    found = refresh(played.session())
    assert (found.seen, found.drifted, found.left_alone) == (("p.t.a", "p.t.b"), (), ())
    assert [call[0] for call in played.engine.calls] == ["plan"]
    assert "-refresh-only" in played.engine.calls[0]


def test_what_drifted_is_told_and_written(drifted: Played) -> None:
    found = refresh(drifted.session())
    assert (found.changed, found.gone, found.drifted) == (("p.t.a",), ("p.t.b",), ("p.t.a", "p.t.b"))
    assert [call[0] for call in drifted.engine.calls] == ["plan", "show", "apply"]


def test_looking_changes_nothing(drifted: Played) -> None:
    before = drifted.engine.state_file.read_bytes()
    assert refresh(drifted.session(), write=False).drifted == ("p.t.a", "p.t.b")
    assert not drifted.engine.said("apply")
    assert drifted.engine.state_file.read_bytes() == before


def test_what_is_declined_is_not_written(drifted: Played) -> None:
    asked: list[Any] = []

    def decline(_: Any, ids: Any) -> bool:
        asked.append(ids)
        return False

    with pytest.raises(NivisError, match="Cancelled"):
        refresh(drifted.session(), approve=decline)
    assert asked == [["p.t.a", "p.t.b"]]
    assert not drifted.engine.said("apply")


def test_what_is_no_part_of_the_configuration_is_left_alone(drifted: Played) -> None:
    drifted.flake = lambda _: document(thing("a", "x"))
    found = refresh(drifted.session(), write=False)
    assert (found.seen, found.left_alone) == (("p.t.a",), ("p.t.b",))
    assert "-exclude=t.b" in drifted.engine.said("plan")[0]


def test_an_empty_state_needs_no_plan(play: Play) -> None:
    played = play(pair)
    assert refresh(played.session()).seen == ()
    assert not played.engine.said("plan")


def test_attributes_are_read_only_on_wish(drifted: Played) -> None:
    assert refresh(drifted.session(), write=False).attributes == {}
    session = drifted.session().with_options(detail=True)
    found = refresh(session, write=False)
    assert [(a.path, a.before, a.after) for a in found.attributes["p.t.a"]] == [(("v",), "x", "other")]


@pytest.mark.parametrize(
    ("before", "after", "drift"),
    [
        ({"tags": None, "n": 1}, {"tags": {}, "n": 1}, False),
        ({"a": [{"b": None}]}, {"a": [{}]}, False),
        ({"n": 1}, {"n": 2}, True),
        ({"n": 0}, {}, True),
        ({"on": False}, {"on": None}, True),
        ({"s": ""}, {"s": None}, True),
        ({"a": [1, None]}, {"a": [1]}, True),
        ({"n": 1}, None, True),
    ],
)
def test_null_and_empty_are_no_drift(before: object, after: object, *, drift: bool) -> None:
    assert is_drift(PlanChange(("update",), before, after, address="a.b")) is drift


def test_what_is_not_acted_on_is_no_drift() -> None:
    assert not is_drift(PlanChange(("no-op",), {"n": 1}, {"n": 2}, address="a.b"))
