"""refresh: what is told of drift, where, and what is asked before it is written."""

from __future__ import annotations

import io

import pytest

from tests.support.played import Play, Played, document, thing


@pytest.fixture
def played(play: Play) -> Played:
    """Somebody has changed a, and deleted b."""
    found = play(lambda _: document(thing("a", "x"), thing("b", "x"), thing("c", "x"))).applied()
    found.engine.real = {"t.a": {**found.engine.objects()["t.a"], "v": "other"}, "t.b": None}
    return found


def test_what_drifted_is_the_result(played: Played) -> None:
    said = played.nivis("refresh")
    assert (said.code, said.out) == (0, "Refreshed 3 resource(s).\n2 drifted:\n ~ p.t.a\n ~ p.t.b  gone\n")
    assert "-backup=" in " ".join(played.engine.said("apply")[0])


def test_nothing_drifted(play: Play) -> None:
    played = play(lambda _: document(thing("a", "x"))).applied()
    assert played.nivis("refresh").out == "Refreshed 1 resource(s).\n"


def test_one_document(played: Played) -> None:
    found = played.nivis("refresh", "--json").json
    assert found["version"] == 1
    assert {"p.t.a", "p.t.b"} <= set(str(found).replace("'", " ").split())


def test_in_a_file(played: Played) -> None:
    said = played.nivis("plan", "-refresh-only", "-out=F")
    assert said.code == 0
    assert (played.directory / "F.nivis.json").exists()
    assert not played.engine.said("apply")


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 1), ("", 1)])
def test_where_everything_is_asked_about_drift_is_too(
    played: Played, answer: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(answer.encode())))
    said = played.nivis("apply", "-refresh-only", "--ask")
    assert said.code == code
    assert "p.t.a" in said.err
    assert bool(played.engine.said("apply")) is (code == 0)


def test_a_backup_goes_where_it_is_wanted(played: Played) -> None:
    played.nivis("refresh", "-backup=mine.tfstate")
    assert f"-backup={played.directory / 'mine.tfstate'}" in played.engine.said("apply")[0]
