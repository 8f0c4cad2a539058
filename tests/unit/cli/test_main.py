"""The entry point: what is answered before anything heavy is imported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nivis_tofu import __version__
from nivis_tofu.cli import app, complete_ids, main
from nivis_tofu.system import signals


def run(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    monkeypatch.setattr(main, "secure", lambda: None)
    monkeypatch.setattr(main, "_leaving_quietly", lambda: None)
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


QUICK = """
import sys
from nivis_tofu.cli import main
sys.argv[1:] = {argv}
main.main()
"""


@pytest.mark.parametrize(
    "argv", [["--version"], ["-version"], ["__complete", "state", "show", ""], ["--help"], ["help"]], ids=" ".join
)
@pytest.mark.parametrize("buffered", ["", "1"])
def test_an_answer_that_cannot_be_written_is_told_without_a_traceback(
    argv: list[str], buffered: str, tmp_path: Path
) -> None:
    (tmp_path / ".nivis").mkdir()
    (tmp_path / ".nivis/ids.json").write_text('{"t.a": "p.t.a"}')
    call = [sys.executable, "-c", QUICK.format(argv=argv)]
    env = {**os.environ, "PYTHONUNBUFFERED": buffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "error: A file cannot be read or written")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(call, stdout=gone, stderr=subprocess.PIPE, text=True, check=False, env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")


INTERRUPTED = """
import os, signal, sys
from nivis_tofu.cli import main
main.secure = lambda: os.kill(os.getpid(), signal.SIGINT)
sys.argv[1:] = ["--version"]
main.main()
"""


@pytest.mark.parametrize(("asked", "code", "out"), [("SIG_IGN", 0, f"nivis {__version__}\n"), ("SIG_DFL", -2, "")])
def test_a_start_that_is_interrupted_says_nothing(asked: str, code: int, out: str) -> None:
    """By ^C; one that its caller has told to ignore it, as a script does with a job in the background, goes on."""
    ignoring = signal.signal(signal.SIGINT, getattr(signal, asked))
    try:
        call = [sys.executable, "-c", INTERRUPTED]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
    finally:
        signal.signal(signal.SIGINT, ignoring)
    assert (done.returncode, done.stdout, done.stderr) == (code, out, "")
