"""state migrate: which state goes where."""

from __future__ import annotations

from typing import Any

from tests.support.played import Play, document, thing


def at(path: str) -> Any:
    return lambda _: document(thing("a", "x"), backend={"type": "local", "path": path})


def test_two_directions_at_once(play: Play) -> None:
    played = play(at("other.json"))
    for more in (["--to-remote"], ["--from=s.json"]):
        said = played.nivis("state", "migrate", "--from-remote", *more)
        assert (said.code, "Two directions at once" in said.err) == (1, True)
    assert played.engine.calls == []


def test_a_state_that_would_be_left_behind_is_named_before_anything(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()
    played.flake = at("other.json")
    said = played.nivis("apply")
    assert said.code == 1
    assert "nivis state migrate" in said.err
    assert not played.engine.said("apply")
