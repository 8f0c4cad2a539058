"""adopt: which directories it is about, and what is told at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.authoring import adopt
from nivis_tofu.authoring.adopt import Adopted
from tests.support.played import Play, Played, document


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []

    def run(*given: Any) -> Adopted:
        found.append(given)
        return Adopted(
            moved=("a.a_b.x",), staying=(("a_b.y", "declared in JSON"),), backup=Path(".nivis/adopted"), changes=0
        )

    monkeypatch.setattr(adopt, "adopt", run)
    return found


@pytest.fixture
def played(play: Play) -> Played:
    return play(lambda _: document())


def test_a_directory_is_relative_to_the_project(played: Played, asked: list[Any]) -> None:
    said = played.nivis("adopt", "infra")
    assert said.code == 0
    ((project, directory, work, _),) = asked
    assert (project, directory, work) == (played.directory, played.directory / "infra", played.directory / ".nivis")
    assert work.stat().st_mode & 0o777 == 0o700


def test_what_moved_what_stays_and_where_the_files_are(played: Played, asked: list[Any]) -> None:
    said = played.nivis("adopt")
    assert "Adopted 1 resource(s) into flake.nix; the plan has no changes:\n = a.a_b.x\n" in said.out
    assert "   a_b.y: declared in JSON\n" in said.out
    assert said.err == "The files as they were: .nivis/adopted\n"
    found = played.nivis("adopt", "--json").json
    assert (found["adopted"], found["staying"], found["changes"]) == (["a.a_b.x"], {"a_b.y": "declared in JSON"}, 0)
