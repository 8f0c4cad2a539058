"""convert: directories relative to the project, and what is told of what was left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.cli import app


def test_what_was_written_is_the_result_and_what_was_left_is_talk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "infra").mkdir()
    text = 'resource "a_b" "x" { v = 1 }\nvariable "pw" { sensitive = true }\n'
    (tmp_path / "infra/main.tf").write_text(text)
    assert app.run(["convert", "infra", "--out=new", f"--flake={tmp_path}"]) == 0
    told = capsys.readouterr()
    assert told.out == "Wrote new/flake.nix\n"
    assert "look at var.pw: sensitive" in told.err
    assert (tmp_path / "infra/main.tf").read_text() == text
    assert app.run(["convert", "infra", "--out=new", f"--flake={tmp_path}"]) == 1, "nothing is written over"
    capsys.readouterr()
    assert app.run(["convert", "infra", "--out=other", f"--flake={tmp_path}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["files"], found["not_converted"][0]["what"]) == (["other/flake.nix"], "var.pw")


def test_a_directory_without_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["convert", ".", f"--flake={tmp_path}"]) == 1
    assert "Nothing to convert" in capsys.readouterr().err
