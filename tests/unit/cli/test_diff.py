"""diff: two revisions of a flake, told as lines, as a document, and by the exit code."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.cli import diff
from nivis_tofu.insight.revisions import Revisions
from nivis_tofu.ir.decode import decode
from tests.support.played import Play, Played, computed, document, thing


@pytest.fixture
def played(play: Play, monkeypatch: pytest.MonkeyPatch) -> Played:
    """At HEAD there is a alone."""
    flake: Any = lambda ledger: document(thing("a", "y"), thing("b", computed(ledger, "a")))  # noqa: E731
    found = play(flake)
    monkeypatch.setattr(diff, "find_git", lambda _: found.directory / "git")
    revisions = {"HEAD": document(thing("a", "x")), "same": document(thing("a", "y"))}
    monkeypatch.setattr(Revisions, "at", lambda _, revision: decode(revisions[revision]))
    return found


def test_the_files_as_they_are_against_the_last_commit(played: Played) -> None:
    said = played.nivis("diff")
    assert said.code == 0
    assert "p.t.a" in said.out
    assert " + p.t.b" in said.out
    assert played.engine.calls == [], "no engine is needed"


@pytest.mark.parametrize(("revisions", "code"), [(["HEAD", "same"], 2), (["same", "same"], 0)])
def test_the_exit_code_tells_on_wish_whether_something_differs(played: Played, revisions: list[str], code: int) -> None:
    assert played.nivis("diff", *revisions, "--detailed-exitcode").code == code
    assert played.nivis("diff", *revisions).code == 0


def test_values_are_those_of_the_state(played: Played) -> None:
    played.applied()
    assert "<id-a-1>" in str(played.nivis("diff", "--json").json)


def test_one_document(played: Played) -> None:
    assert played.nivis("diff", "--json").json["version"] == 1
