"""completion: a script for each shell, made of the command line itself."""

from __future__ import annotations

import pytest

from nivis_tofu.cli import app


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_script_knows_every_verb(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["completion", shell]) == 0
    text = capsys.readouterr().out
    verbs = [name for name, command in app.command().commands.items() if not command.hidden]
    assert [name for name in verbs if name not in text] == []
    assert "nivis" in text
    assert "tofu-json" not in text, "hidden ones stay hidden"


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["completion", "tcsh"]) == 1
    assert "tcsh" in capsys.readouterr().err


def test_the_tab_key_is_answered_by_the_hidden_verb_too(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["__complete", "state", "show", f"--flake={tmp_path}", ""]) == 0
    assert capsys.readouterr().out == ""
