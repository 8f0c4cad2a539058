"""Which pager, when, and what becomes of the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.cli import pager


@pytest.fixture
def bin_(tmp_path: Path) -> Path:
    """A directory of programs, with `less` in it."""
    program(tmp_path / "less", "cat")
    return tmp_path


def program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("env", "found"),
    [
        ({}, "less"),
        ({"PAGER": "more"}, "more"),
        ({"PAGER": "more", "NIVIS_PAGER": " most -s "}, "most -s"),
        ({"PAGER": "cat"}, ""),
        ({"PAGER": ""}, ""),
        ({"PAGER": "more", "NIVIS_PAGER": "cat"}, ""),
        ({"PAGER": "cat", "NIVIS_PAGER": "more"}, "more"),
        ({"TERM": "dumb"}, ""),
        ({"CI": "true", "PAGER": "more"}, ""),
        ({"CI": "false"}, "less"),
        ({"PATH": "/nonexistent"}, ""),
    ],
)
def test_which_pager(bin_: Path, env: dict[str, str], found: str) -> None:
    assert pager.choose({"PATH": str(bin_), "TERM": "xterm", **env}, wanted=True) == found
    assert pager.choose({"PATH": str(bin_), **env}, wanted=False) == ""


@pytest.mark.parametrize(
    ("text", "columns", "rows", "fits"),
    [
        ("a\n" * 9, 80, 10, True),
        ("a\n" * 10, 80, 10, False),
        ("", 80, 1, True),
        # A row that is longer than the terminal takes two, a coloured one no more than what is seen of it.
        ("x" * 81 + "\n", 80, 2, False),
        ("\x1b[32m" + "x" * 80 + "\x1b[0m\n", 80, 2, True),
        ("日" * 41 + "\n", 80, 2, False),
        ("x" * 81 + "\n", 200, 2, True),
    ],
)
def test_what_fits_on_one_screen(text: str, columns: int, rows: int, fits: bool) -> None:
    assert pager.fits(text, columns, rows) is fits


class TestRunning:
    """A pager as a process."""

    def test_it_gets_all_of_the_text_and_keeps_colours(self, bin_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("LESS", raising=False)
        read = bin_ / "read"
        assert pager._run(
            program(bin_ / "keep", f'{{ cat; echo "$LESS"; }} > {read}'), "\x1b[32m✓\x1b[0m größe\n" * 9000
        )
        assert read.read_text() == "\x1b[32m✓\x1b[0m größe\n" * 9000 + "FRX\n"
        monkeypatch.setenv("LESS", "-i")
        assert pager._run(str(bin_ / "keep"), "")
        assert read.read_text() == "-i\n"

    def test_a_command_line_is_one_for_the_shell(self, bin_: Path) -> None:
        assert pager._run(f"head -n 1 | tr a-z A-Z > {bin_}/out", "one\ntwo\n")
        assert (bin_ / "out").read_text() == "ONE\n"

    @pytest.mark.parametrize("body", ["exit 0", "head -n 1 > /dev/null", "exit 3", "kill -9 $$", "kill -2 $$"])
    def test_whoever_leaves_early_has_read_enough(self, bin_: Path, body: str) -> None:
        assert pager._run(program(bin_ / "short", body), "a line\n" * 100_000)

    @pytest.mark.parametrize("command", ["no-such-pager", "no-such-pager -R", "./directory"])
    def test_a_pager_that_cannot_be_run(self, bin_: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        (bin_ / "directory").mkdir()
        monkeypatch.chdir(bin_)
        assert not pager._run(command, "text\n")

    def test_it_does_not_learn_what_only_nivis_knows(self, bin_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NIVIS_VAR_pw", "hush")
        assert pager._run(f"env > {bin_}/env", "")
        assert "hush" not in (bin_ / "env").read_text()
