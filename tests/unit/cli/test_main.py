"""The entry point: what is answered before anything heavy is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nivis_tofu import __version__
from nivis_tofu.cli import app, complete_ids, main
from nivis_tofu.system import signals


def run(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    monkeypatch.setattr(main, "secure", lambda: None)
    monkeypatch.setattr("sys.argv", ["nivis", *argv])
    monkeypatch.setattr(signals, "ignored", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("flag", ["--version", "-version"])
def test_the_version(flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, flag) == 0
    assert capsys.readouterr().out == f"nivis {__version__}\n"


def test_the_tab_key_has_a_way_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(complete_ids, "main", lambda words: len(asked.append(words) or "four"))  # type: ignore[func-returns-value]
    assert run(monkeypatch, "__complete", "state", "show", "") == 4
    assert asked == [["state", "show", ""]]


@pytest.mark.parametrize("argv", [(), ("plan", "--version"), ("plan", "__complete")])
def test_all_else_is_the_command_line_s(argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(app, "run", lambda words: len(asked.append(words) or "two"[:2]))  # type: ignore[func-returns-value]
    assert run(monkeypatch, *argv) == 2
    assert asked == [list(argv)]


LATE = """
import atexit, os, signal
from nivis_tofu.cli import app, main
app.run = lambda _: [signal.signal(n, app._interrupted) for n in app.RELAYED] and 130
atexit.register(lambda: os.kill(os.getpid(), signal.{name}))
main.main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_after_the_end_changes_nothing_of_it(name: str) -> None:
    argv = [sys.executable, "-c", LATE.replace("{name}", name)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
