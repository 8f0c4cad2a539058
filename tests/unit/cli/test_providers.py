"""providers: text and document."""

from __future__ import annotations

from tests.support.played import Play, document, thing
from tests.support.played_engine import SOURCE


def test_who_uses_what(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"), thing("b", "x")))
    assert played.nivis("providers").out == f"p  {SOURCE}  not locked\n   p.t.a\n   p.t.b\n"
    (found,) = played.nivis("providers", "--json").json["providers"]
    assert (found["key"], found["users"]) == ("p", ["p.t.a", "p.t.b"])


def test_none_at_all(play: Play) -> None:
    played = play(lambda _: {**document(), "providers": {}})
    assert played.nivis("providers").out == "No providers declared.\n"
