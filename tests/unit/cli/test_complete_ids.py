"""Ids at the tab key: whatever the note holds, the shell goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nivis_tofu.cli import complete_ids
from nivis_tofu.cli.complete_ids import ids, main, outputs


def note(project: Path, text: str) -> Path:
    (project / ".nivis").mkdir(parents=True, exist_ok=True)
    (project / ".nivis/ids.json").write_text(text)
    return project


def test_ids_are_sorted_once_each_and_only_what_can_be_typed(tmp_path: Path) -> None:
    assert ids(note(tmp_path, '{"t.a": "p.t.b", "t.b": "p.t.a", "t.c": "p.t.a", "t.d": "x\\ny", "t.e": ""}')) == [
        "p.t.a",
        "p.t.b",
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_damage_offers_nothing(tmp_path: Path, text: str) -> None:
    assert ids(note(tmp_path, text)) == []


def test_none_and_a_pipe(tmp_path: Path) -> None:
    assert ids(tmp_path) == []
    (tmp_path / ".nivis").mkdir()
    os.mkfifo(tmp_path / ".nivis/ids.json")
    assert ids(tmp_path) == []


@pytest.mark.parametrize(
    "words", [["state", "show", "--flake", "F"], ["--flake=F", "why"], ["--flake", "x", "--flake=F"]]
)
def test_the_project_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    note(tmp_path / "F", '{"t.a": "p.t.a"}')
    monkeypatch.chdir(tmp_path)
    assert main(words) == 0
    assert capsys.readouterr().out == "p.t.a\n"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["output"], ["url"]),
        (["output", "--raw"], ["url"]),
        (["workspace", "select"], ["default", "prod"]),
        (["env", "delete"], ["default", "prod"]),
        (["output", "-target"], ["p.t.a"]),
        (["why"], ["p.t.a"]),
    ],
)
def test_the_verb_says_which_names(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    offered: list[str],
) -> None:
    note(tmp_path, '{"t.a": "p.t.a"}')
    (tmp_path / ".nivis/outputs.json").write_text('["url", 3, "x\\ny"]')
    (tmp_path / "terraform.tfstate.d/prod").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main(words) == 0
    assert capsys.readouterr().out.split() == offered


@pytest.mark.parametrize("text", ["", "{", "{}", "null", "3", "[" * 100_000])
def test_a_damaged_note_of_outputs_offers_nothing(tmp_path: Path, text: str) -> None:
    note(tmp_path, "{}")
    (tmp_path / ".nivis/outputs.json").write_text(text)
    assert outputs(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("output", complete_ids.outputs),
        ("--flake . output", complete_ids.outputs),
        ("--flake=. output -json", complete_ids.outputs),
        ("-no-color output", complete_ids.outputs),
        ("state rm output", complete_ids.ids),
        ("--flake output why", complete_ids.ids),
        ("workspace select", complete_ids.workspaces),
        ("env delete", complete_ids.workspaces),
        ("state rm", complete_ids.ids),
        ("", complete_ids.ids),
    ],
)
def test_what_is_wanted_after_a_verb(line: str, expected: object) -> None:
    assert complete_ids._asked(line.split()) is expected
