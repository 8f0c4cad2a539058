from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.cli.common import Colour, Common
from nivis_tofu.cli.result import JsonLines, coloured, json_file, show
from nivis_tofu.core.errors import ExitCode, NivisError
from nivis_tofu.views.page import Page, lines

PAGE = Page(lambda: '{"a":1}', lines("text"), lines("before"), lines("after"), ExitCode.CHANGES)


@pytest.fixture
def common(tmp_path: Path) -> Common:
    return Common(flake=str(tmp_path))


def test_text_on_stdout_and_talk_on_stderr(common: Common, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(common, PAGE) == 2
    assert capsys.readouterr() == ("text\n", "before\nafter\n")


def test_json_in_the_place_of_the_text(common: Common, capsys: pytest.CaptureFixture[str]) -> None:
    show(Common(flake=common.flake, json=True), PAGE)
    assert capsys.readouterr() == ('{"a":1}\n', "before\nafter\n")


def test_the_engines_own_lines_take_the_place_of_the_text(common: Common, capsys: pytest.CaptureFixture[str]) -> None:
    show(Common(flake=common.flake, tofu_json=True), PAGE)
    assert capsys.readouterr().out == ""


def test_a_file_gets_the_document_beside_the_text(common: Common, capsys: pytest.CaptureFixture[str]) -> None:
    show(Common(flake=common.flake, tofu_json_into=Path("F")), PAGE)
    assert capsys.readouterr().out == "text\n"
    assert (Path(common.flake) / "F").read_text() == '{"a":1}\n'


def test_a_stream_ends_with_the_document(common: Common, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = tmp_path / "lines"
    into.write_text("old\n")
    stream = JsonLines(stdout=True, file=into)
    stream.in_passing('{"b":2}')
    show(Common(flake=common.flake, json=True), PAGE, stream)
    assert capsys.readouterr().out == into.read_text() == '{"b":2}\n{"a":1}\n'
    show(common, PAGE, JsonLines(stdout=False, file=None))
    assert capsys.readouterr().out == "text\n"


def test_a_new_file_is_for_the_user_alone(tmp_path: Path) -> None:
    JsonLines(stdout=False, file=tmp_path / "lines")
    assert (tmp_path / "lines").stat().st_mode & 0o077 == 0


def test_a_line_in_passing_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    stream = JsonLines(stdout=False, file=folder / "lines")
    (folder / "lines").unlink()
    folder.rmdir()
    stream.in_passing("{}")
    with pytest.raises(OSError, match="No such file"):
        stream("{}")


@pytest.mark.parametrize("name", ["flake.nix", "nivis.state.json", "notes.txt", "given.json"])
def test_only_json_is_overwritten_and_no_state(common: Common, name: str) -> None:
    kept = Path(common.flake) / name
    kept.write_text("{}" if name == "given.json" else "mine")
    with pytest.raises(NivisError, match="Nothing can be written there"):
        json_file(Common(flake=common.flake, state="given.json"), Path(name))


@pytest.mark.parametrize("text", ["[]\n", '{"a":1}\n{"b":2}\n', '"one value"\n', "null", "1.5\n", ""])
def test_older_json_is_overwritten(common: Common, text: str) -> None:
    (Path(common.flake) / "old.json").write_text(text)
    assert json_file(common, Path("old.json")) == Path(common.flake) / "old.json"


def test_colour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.delenv("CLICOLOR_FORCE", raising=False)
        assert [coloured(c, out) for c in (Colour.auto, Colour.always, Colour.never)] == [False, True, False]
        monkeypatch.setenv("CLICOLOR_FORCE", "1")
        assert coloured(Colour.auto, out)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not coloured(Colour.auto, out)


def test_the_document_is_json(common: Common, capsys: pytest.CaptureFixture[str]) -> None:
    show(Common(flake=common.flake, json=True), PAGE)
    assert json.loads(capsys.readouterr().out) == {"a": 1}
