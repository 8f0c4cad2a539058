"""Spawning, streaming, signals and redaction, over real pipes."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import ExitCode, Interrupted, NivisError
from nivis_tofu.system import process
from nivis_tofu.system.child_text import STDERR_HEAD, STDERR_TAIL
from nivis_tofu.system.signals import Stop
from tests.support.fake_engine import FAKE, environment

PATH = "/bin:/usr/bin"


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seen at the next look is seen soon."""
    monkeypatch.setattr(process, "TICK", 0.02)


def play(scene: str, tmp_path: Path, **more: str) -> tuple[list[str], process.Completed]:
    lines: list[str] = []
    done = process.stream([str(FAKE)], cwd=tmp_path, env=environment(scene, **more), on_line=lines.append)
    return lines, done


def kill_self(number: int) -> None:
    os.kill(os.getpid(), number)


def test_run_captures_both_streams_and_the_code(tmp_path: Path) -> None:
    done = process.run(["sh", "-c", "echo out; echo err >&2; pwd; exit 7"], cwd=tmp_path, env={"PATH": "/bin"})
    assert (done.returncode, done.stdout, done.stderr) == (7, f"out\n{tmp_path}\n", "err\n")


def test_nothing_is_lost_of_a_child_that_ends_between_two_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a look may find nothing, and the child writes and ends before we ask whether it has ended."""
    children: list[subprocess.Popen[bytes]] = []
    spawn = process.spawn

    def spawned(*args: Any) -> subprocess.Popen[bytes]:
        children.append(spawn(*args))
        return children[-1]

    class Late(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if children:
                os.waitid(os.P_PID, children.pop().pid, os.WEXITED | os.WNOWAIT)
                return []
            return super().select(timeout)

    monkeypatch.setattr(process, "spawn", spawned)
    monkeypatch.setattr(selectors, "DefaultSelector", Late)
    done = process.run(["sh", "-c", "echo out; echo err >&2; exit 7"], cwd=tmp_path, env={"PATH": "/bin"})
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_environment_is_exactly_what_was_given(tmp_path: Path) -> None:
    done = process.run(["/usr/bin/env"], cwd=tmp_path, env={"ONLY": "this"})
    assert done.stdout == "ONLY=this\n"


def test_child_reads_nothing_and_leads_its_own_session(tmp_path: Path) -> None:
    code = "import os, sys; print(repr(sys.stdin.read()), os.getsid(0) == os.getpid())"
    done = process.run([sys.executable, "-c", code], cwd=tmp_path, env={})
    assert done.stdout == "'' True\n"


def test_missing_program(tmp_path: Path) -> None:
    with pytest.raises(process.CommandNotRunError) as caught:
        process.run(["no-such-program"], cwd=tmp_path, env={"PATH": "/bin"})
    assert caught.value.diagnostics[0].summary == "Command could not be started"
    assert caught.value.diagnostics[0].detail == "no-such-program: No such file or directory."


def test_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(process.CommandNotRunError) as caught:
        process.run(["/bin/true"], cwd=tmp_path / "gone", env={})
    assert f"working directory {tmp_path / 'gone'}" in caught.value.diagnostics[0].detail


def test_timeout_stops_the_child(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(process.CommandTimeoutError) as caught:
        process.run(["sleep", "20"], cwd=tmp_path, env={"PATH": PATH}, timeout=0.1)
    assert time.monotonic() - started < 15
    assert caught.value.diagnostics[0].summary == "Command took too long"
    assert caught.value.diagnostics[0].detail == "sleep did not end within 0.1 s."


def test_timeout_kills_a_child_that_will_not_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "KILL_AFTER", 0.05)
    started = time.monotonic()
    with pytest.raises(process.CommandTimeoutError):
        process.run(["sh", "-c", "trap '' INT; exec sleep 20"], cwd=tmp_path, env={"PATH": PATH}, timeout=0.1)
    assert time.monotonic() - started < 15


def test_what_stands_where_a_running_child_is_noted_gives_way(tmp_path: Path) -> None:
    (place := tmp_path / "note").mkdir()
    (place / process.NOTE).mkdir()
    lines: list[str] = []
    process.stream(["sh", "-c", "echo x"], cwd=tmp_path, env={"PATH": "/bin"}, on_line=lines.append, survives=place)
    assert lines == ["x"]
    assert not (place / process.NOTE).exists()


def test_lines_arrive_while_the_child_runs(tmp_path: Path) -> None:
    """The child goes on only when its first line has been seen."""
    lines: list[str] = []

    def seen(line: str) -> None:
        lines.append(line)
        (tmp_path / "seen").touch()

    waits = "n=0; while [ ! -e seen ] && [ $n -lt 500 ]; do sleep 0.02; n=$((n + 1)); done"
    process.stream(
        ["sh", "-c", f"echo first; {waits}; [ -e seen ] && echo second || echo alone"],
        cwd=tmp_path,
        env={"PATH": PATH},
        on_line=seen,
    )
    assert lines == ["first", "second"]


def test_a_line_of_a_megabyte_is_one_line(tmp_path: Path) -> None:
    lines, done = play("long_line", tmp_path)
    assert [len(line) > 1_000_000 for line in lines] == [False, True, False]
    assert done.returncode == 0


def test_invalid_bytes_are_replaced_and_the_last_line_needs_no_newline(tmp_path: Path) -> None:
    lines, _ = play("garbage", tmp_path)
    assert "\ufffd\ufffd broken \x00 bytes" in lines
    assert lines[-1] == '{"@level":"info","@message":"last line has no newline"}'


def test_flood_on_stderr_neither_blocks_nor_fills_memory(tmp_path: Path) -> None:
    lines, done = play("stderr_flood", tmp_path)
    assert len(lines) == 2
    assert done.stderr.startswith("first words\n")
    assert done.stderr.endswith("last words\n")
    assert "bytes left out" in done.stderr
    assert len(done.stderr) < STDERR_HEAD + STDERR_TAIL + 100


def test_death_by_signal_is_a_negative_code(tmp_path: Path) -> None:
    assert play("crash", tmp_path)[1].returncode == -signal.SIGSEGV


def test_pipes_held_by_a_grandchild_do_not_hold_us(tmp_path: Path) -> None:
    started = time.monotonic()
    lines, done = play("orphan", tmp_path)
    os.killpg(int(done.stderr), signal.SIGKILL)
    assert len(lines) == 1
    assert time.monotonic() - started < 15


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    def opened() -> int:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - Path.iterdir keeps one open itself

    play("garbage", tmp_path)
    before = opened()
    play("garbage", tmp_path)
    with pytest.raises(process.CommandNotRunError):
        process.run(["/no/such"], cwd=tmp_path, env={})
    assert opened() == before


def test_what_on_line_raises_stops_the_child_first(tmp_path: Path) -> None:
    seen: list[str] = []

    def refuse(line: str) -> None:
        seen.append(line)
        raise RuntimeError("no")

    started = time.monotonic()
    with pytest.raises(RuntimeError, match="no"):
        process.stream([str(FAKE)], cwd=tmp_path, env=environment("interruptible"), on_line=refuse)
    assert len(seen) == 1
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGHUP, ExitCode.INTERRUPTED),
    ],
)
def test_signal_asks_the_child_to_stop_and_its_last_words_arrive(
    tmp_path: Path, number: int, exit_code: ExitCode
) -> None:
    lines: list[str] = []
    counts: list[int] = []

    def on_line(line: str) -> None:
        lines.append(line)
        if "terraform_data.b" in line:
            kill_self(number)

    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with pytest.raises(Interrupted) as caught:
        process.stream(
            [str(FAKE)], cwd=tmp_path, env=environment("interruptible"), on_line=on_line, on_signal=counts.append
        )
    assert "execution halted" in lines[-1]
    assert counts == [1]
    assert caught.value.exit_code is exit_code
    assert signal.Signals(number).name in caught.value.diagnostics[0].detail
    assert {name: signal.getsignal(name) for name in before} == before


def signals_when_asked(lines: list[str], triggers: list[str]) -> Callable[[str], None]:
    """Sends a signal each time the next trigger shows up."""
    waiting = list(triggers)

    def on_line(line: str) -> None:
        lines.append(line)
        if waiting and waiting[0] in line:
            waiting.pop(0)
            kill_self(signal.SIGINT)

    return on_line


def test_second_signal_asks_again(tmp_path: Path) -> None:
    lines: list[str] = []
    counts: list[int] = []
    with pytest.raises(Interrupted):
        process.stream(
            [str(FAKE)],
            cwd=tmp_path,
            env=environment("interruptible", FAKE_STUBBORN="2"),
            on_line=signals_when_asked(lines, ["terraform_data.b", "Stopping operation"]),
            on_signal=counts.append,
        )
    assert any("Exiting immediately" in line for line in lines)
    assert counts == [1, 2]


def test_third_signal_kills(tmp_path: Path) -> None:
    lines: list[str] = []
    counts: list[int] = []
    started = time.monotonic()

    def on_signal(count: int) -> None:
        counts.append(count)
        if count == 2:
            kill_self(signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        process.stream(
            [str(FAKE)],
            cwd=tmp_path,
            env=environment("interruptible", FAKE_STUBBORN="9"),
            on_line=signals_when_asked(lines, ["terraform_data.b", "Stopping operation"]),
            on_signal=on_signal,
        )
    assert counts == [1, 2, 3]
    assert "killed" in caught.value.diagnostics[0].detail
    assert time.monotonic() - started < 15


def test_ignored_signals_stay_ignored(tmp_path: Path) -> None:
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = process.stream(
            ["sh", "-c", "echo x"],
            cwd=tmp_path,
            env={"PATH": "/bin"},
            on_line=lambda _: kill_self(signal.SIGHUP),
        )
    finally:
        signal.signal(signal.SIGHUP, previous)
    assert done.returncode == 0


def test_runs_outside_the_main_thread(tmp_path: Path) -> None:
    found: list[str] = []
    worker = threading.Thread(
        target=lambda: found.append(process.run(["echo", "hi"], cwd=tmp_path, env={"PATH": "/bin"}).stdout)
    )
    worker.start()
    worker.join()
    assert found == ["hi\n"]


def test_only_this_module_imports_subprocess() -> None:
    package = Path(process.__file__).parent
    importers = [file.name for file in package.rglob("*.py") if "import subprocess" in file.read_text()]
    assert importers == ["process.py"]
    assert process.subprocess is subprocess  # type: ignore[attr-defined]


def test_values_of_variables_reach_no_child(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "NIVIS_VAR_pw": "hunter2", "NIVIS_VAR_": "x", "NIVIS_TOFU": "t", "TF_VAR_x": "y"}
    lines: list[str] = []
    process.stream(["env"], cwd=tmp_path, env=env, on_line=lines.append)
    for text in (process.run(["env"], cwd=tmp_path, env=env).stdout, "\n".join(lines)):
        assert "NIVIS_VAR_" not in text
        assert "NIVIS_TOFU=t" in text
        assert "TF_VAR_x=y" in text


def test_another_thread_asks_the_child_to_stop(tmp_path: Path) -> None:
    """The same as a signal, from a run that is not in the main thread, to one child of two."""
    stop, said = Stop(), dict[str, list[str]]()
    ends: dict[str, NivisError | int] = {}

    def run(name: str, stop: Stop | None) -> None:
        lines = said.setdefault(name, [])
        code = "trap 'echo stopping; exit 3' INT; echo begun; while [ ! -e over ]; do sleep 0.02; done; echo ended"
        try:
            done = process.stream(
                ["/bin/sh", "-c", code], cwd=tmp_path, env=dict(os.environ), on_line=lines.append, stop=stop
            )
            ends[name] = done.returncode
        except NivisError as error:
            ends[name] = error

    threads = [threading.Thread(target=run, args=("a", stop)), threading.Thread(target=run, args=("b", None))]
    for thread in threads:
        thread.start()
    while len(said) < 2 or not all(said.values()):
        time.sleep(0.01)
    stop.ask()
    threads[0].join(30)
    (tmp_path / "over").touch()
    for thread in threads:
        thread.join()
    assert said == {"a": ["begun", "stopping"], "b": ["begun", "ended"]}
    assert isinstance(ends["a"], Interrupted)
    assert ends["b"] == 0


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGQUIT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_that_comes_with_the_start_leaves_nothing_running_alone(
    number: signal.Signals, code: int, moment: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """^C and ^\\ are the terminal's to tell a program that is on it; others it gets from us, and we wait for its end."""
    start, started = subprocess.Popen, list[subprocess.Popen[bytes]]()

    def interrupted(*args: Any, **named: Any) -> subprocess.Popen[bytes]:
        if moment == "before":
            os.kill(os.getpid(), number)
        started.append(start(*args, **named))
        if moment == "after":
            os.kill(os.getpid(), number)
        return started[0]

    def fail(*_: object) -> None:
        raise AssertionError("nobody waits for the program")

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    argv = ["sleep", "60"] if code else ["true"]
    before = signal.signal(number, fail)
    try:
        assert process.attached(argv, cwd=tmp_path, env=dict(os.environ)) == code
        assert signal.getsignal(number) is fail
    finally:
        signal.signal(number, before)
        started[0].kill()
        started[0].wait()
