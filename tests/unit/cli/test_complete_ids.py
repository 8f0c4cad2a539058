"""Ids at the tab key: whatever the note holds, the shell goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nivis_tofu.cli import complete_ids
from nivis_tofu.cli.complete_ids import ids, main, outputs
from nivis_tofu.project.memory import Remembered


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
        ("--flake output taint", complete_ids.ids),
        ("--flake output why", complete_ids.attributes),
        ("import", complete_ids.declared),
        ("gen", complete_ids.providers),
        ("state replace-provider", complete_ids.providers),
        ("apply --target", complete_ids.declared),
        ("apply -target=", complete_ids.declared),
        ("why --var", complete_ids.variables),
        ("gen --provider", complete_ids.providers),
        ("workspace select", complete_ids.workspaces),
        ("env delete", complete_ids.workspaces),
        ("state rm", complete_ids.ids),
        ("", complete_ids.ids),
    ],
)
def test_what_is_wanted_after_a_verb(line: str, expected: object) -> None:
    assert complete_ids._asked(line.split()) is expected


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an id in the state, two that are declared, and names of all kinds."""
    note(tmp_path, '{"t.a": "p.t.a"}')
    known = {
        "ids": {"p.t.a": "t", "p.t.other": "t", "data.p.u.a": "data.u", "module.m": "module.m"},
        "attributes": {"t": ["id", "size"], "data.u": ["zone"], "module.m": ["vpc"]},
        "variables": ["region", "size"],
        "providers": ["hashicorp/aws"],
    }
    (tmp_path / ".nivis/names.json").write_text(json.dumps(known))
    (tmp_path / ".nivis/workspaces.json").write_text('["default", "far"]')
    (tmp_path / "nivis.state.d/near").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("taint", "p.t.a"),
        ("why", "data.p.u.a module.m p.t.a p.t.other"),
        ("--current=p. why", "data.p.u.a module.m p.t.a p.t.other"),
        # An end that is unique stands for the whole.
        ("--current=ot why", "other"),
        ("--current=u why", "u.a"),
        ("--current=t. apply --target", "t.a t.other"),
        ("--current=ot taint", "p.t.a"),
        ("--current=p.t.a. why", "p.t.a.id p.t.a.size"),
        ("--current=other.s why", "other.id other.size"),
        ("--current=data.p.u.a. why", "data.p.u.a.zone"),
        ("--current=module.m. why", "module.m.vpc"),
        ("apply --var", "region= size="),
        ("--current=-var=re apply", "region= size="),
        ("apply --var =", "region= size="),
        ("--current=--var=region=x apply", ""),
        ("--current=--target=p.t apply", "data.p.u.a module.m p.t.a p.t.other"),
        ("--flake = . why", "data.p.u.a module.m p.t.a p.t.other"),
        ("gen", "hashicorp/aws"),
        ("workspace select", "default far near"),
    ],
)
def test_what_is_offered(noted: Path, capsys: pytest.CaptureFixture[str], line: str, offered: str) -> None:
    assert main(line.split()) == 0
    found = capsys.readouterr().out.split()
    assert set(offered.split()) <= set(found)
    typed = line.split()[0].partition("=")[2] if line.startswith("--current") else ""
    typed = typed.partition("=")[2] if typed.startswith("-") else typed
    assert [name for name in found if name.startswith(typed)] == [
        name for name in offered.split() if name.startswith(typed)
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"ids": 3}', '{"ids": {"p.t.a": ["t"]}, "attributes": {"t": "id"}}', "3"])
def test_damaged_names_offer_what_the_state_has(noted: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (noted / ".nivis/names.json").write_text(text)
    for line in ("--current=p.t.a. why", "apply --var", "gen"):
        assert main(line.split()) == 0
    assert set(capsys.readouterr().out.split()) <= {"p.t.a"}


def test_tests_that_were_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Remembered(tmp_path / ".nivis").put_tests(["b", "a"])
    assert main([f"--flake={tmp_path}", "test"]) == 0
    assert capsys.readouterr().out.split() == ["a", "b"]


def test_stacks_and_what_belongs_to_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def offered(*words: str) -> list[str]:
        assert main([f"--flake={tmp_path}", *words]) == 0
        return capsys.readouterr().out.split()

    for name in ("net", "app"):
        place = tmp_path / ".nivis" / "stacks" / name
        place.mkdir(parents=True)
        (place / "ids.json").write_text(json.dumps({"t.a": f"p.t.{name}"}))
        (place / "outputs.json").write_text(json.dumps([f"out-{name}"]))
    assert offered("plan", "--stack") == ["app", "net"]
    assert offered("stacks", "plan") == ["app", "net"]
    assert offered("plan", "--stack", "net", "--target") == ["p.t.net"]
    assert offered("output", "--stack=app") == ["out-app"]
    assert offered("output", "--stack=none") == []
