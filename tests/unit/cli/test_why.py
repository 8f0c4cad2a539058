"""why, eval: where a value comes from, and what an expression comes to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nivis_tofu.insight import eval as console
from tests.support.played import Play, Played, computed, document, ref, thing


@pytest.fixture
def played(play: Play) -> Played:
    return play(
        lambda ledger: document(
            thing("a", "x"),
            thing("b", computed(ledger, "a")),
            thing("c", ref("b")),
            outputs={"o": {"value": ref("b", "v")}},
        )
    )


def test_a_value_that_is_computed_later(played: Played) -> None:
    said = played.nivis("why", "p.t.b.v")
    assert said.code == 0
    assert "p.t.a.id" in said.out
    assert "phase 2" in said.out or "known after phase 1" in said.out


def test_a_value_that_is_known(played: Played) -> None:
    played.applied()
    assert "<id-a-1>" in played.nivis("why", "p.t.b.v").out
    assert "secret-of" not in played.nivis("why", "p.t.b").out
    assert played.nivis("why", "output.o").code == 0


def test_who_uses_something(played: Played) -> None:
    assert "p.t.b" in played.nivis("why", "--used-by", "p.t.a").out
    assert "p.t.c" in played.nivis("why", "--used-by", "p.t.b.id").out


def test_one_document(played: Played) -> None:
    found = played.nivis("why", "--json", "p.t.b.v").json
    assert found["version"] == 1
    assert "p.t.a.id" in json.dumps(found)


def test_what_is_not_there(played: Played) -> None:
    said = played.nivis("why", "p.t.bb.v")
    assert (said.code, "p.t.b" in said.err) == (1, True)


def test_an_expression_sees_what_is_known(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def answer(nix: Any, ledger: Any, variables: Any, expression: str) -> Any:
        asked.append((ledger.objects["p.t.a"].attributes["id"], variables, expression))
        return {"x": "y"} if expression == "set" else "a b"

    monkeypatch.setattr(console, "evaluate", answer)
    played.applied()
    assert played.nivis("eval", "text", "--var=v=1").out == '"a b"\n'
    assert asked == [("id-a-1", {"v": "1"}, "text")]
    assert played.nivis("eval", "text", "--raw").out == "a b\n"
    assert json.loads(played.nivis("eval", "set", "--json").out)
