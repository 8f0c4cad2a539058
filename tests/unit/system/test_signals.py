"""Signals on their way to a child."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys
import threading

import pytest

from nivis_tofu.core.errors import ExitCode, Interrupted
from nivis_tofu.system.signals import SignalRelay, Stop, leaving_tidily


class Child:
    """A process group that is made up."""

    pid = 4242

    def __init__(self) -> None:
        self.got: list[str] = []
        self.ended = False

    def poll(self) -> int | None:
        return 0 if self.ended else None

    def send_signal(self, sig: int) -> None:
        self.got.append(signal.Signals(sig).name)


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Child:
    made = Child()
    monkeypatch.setattr(os, "killpg", lambda pid, sig: made.got.append(f"{signal.Signals(sig).name} to all of {pid}"))
    return made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_twice_asked_then_killed(child: Child, number: signal.Signals) -> None:
    told: list[int] = []
    with SignalRelay(told.append) as relay:
        relay.attach(child)
        for count in (1, 2, 3):
            signal.raise_signal(number)
            assert select.select([relay], [], [], 0)[0]
            relay.acknowledge()
            relay.acknowledge()
            assert told == list(range(1, count + 1))
            assert not select.select([relay], [], [], 0)[0]
    assert child.got == ["SIGINT", "SIGINT", "SIGKILL to all of 4242"]
    with pytest.raises(Interrupted) as error:
        relay.raise_if_interrupted()
    assert f"{number.name} was received repeatedly" in error.value.diagnostics[0].detail
    assert error.value.exit_code == (ExitCode.TERMINATED if number is signal.SIGTERM else ExitCode.INTERRUPTED)


def test_one_that_came_before_the_child(child: Child) -> None:
    with SignalRelay() as relay:
        signal.raise_signal(signal.SIGINT)
        relay.attach(child)
    assert child.got == ["SIGINT"]
    with pytest.raises(Interrupted, match="Interrupted") as error:
        relay.raise_if_interrupted()
    assert "asked to stop and has ended" in error.value.diagnostics[0].detail


def test_what_has_ended_gets_none(child: Child) -> None:
    with SignalRelay() as relay:
        relay.attach(child)
        child.ended = True
        signal.raise_signal(signal.SIGINT)
    assert child.got == []


def test_what_has_nothing_to_lose_is_killed_at_once(child: Child) -> None:
    with SignalRelay(kill_at=1) as relay:
        relay.attach(child)
        signal.raise_signal(signal.SIGINT)
    assert child.got == ["SIGKILL to all of 4242"]
    with pytest.raises(Interrupted) as error:
        relay.raise_if_interrupted()
    assert "nothing had been started" in error.value.diagnostics[0].detail


def test_handlers_come_back_and_what_was_ignored_stays_ignored() -> None:
    before = signal.getsignal(signal.SIGINT)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with SignalRelay() as relay:
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is before
        relay.raise_if_interrupted()
    finally:
        signal.signal(signal.SIGHUP, hangup)


def test_in_another_thread_nothing_is_relayed(child: Child) -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with SignalRelay():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


LEAVES = """
import contextlib, os, select, time
from nivis_tofu.system.signals import leaving_tidily

@contextlib.contextmanager
def aside():
    os.write(1, b"aside ")
    yield
    os.write(1, b"back ")

with leaving_tidily(aside):
    os.write(1, b"ready ")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        # Not `os.read`: a signal that comes just before it would be handled after it.
        select.select([0], [], [], 0.01)
os.write(1, b"done")
"""


def test_stopped_and_going_on_and_ended_by_keys() -> None:
    reading, writing = os.pipe()
    asked, typing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(asked, 0)
        os.dup2(writing, 1)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.setpgid(0, 0)  # the system stops no process of a group without a parent that could wake it
        os.execv(sys.executable, [sys.executable, "-c", LEAVES])
    try:
        assert os.read(reading, 99) == b"ready "
        for _ in range(2):
            os.kill(child, signal.SIGTSTP)
            assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
            assert os.read(reading, 99) == b"aside "
            os.kill(child, signal.SIGCONT)
            assert os.read(reading, 99) == b"back "
        os.kill(child, signal.SIGQUIT)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGQUIT
        assert os.read(reading, 99) == b"aside "
    finally:
        for handle in (reading, writing, asked, typing):
            os.close(handle)


def test_only_what_nobody_else_handles_is_taken() -> None:
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        with leaving_tidily(contextlib.nullcontext):
            assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGQUIT) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTSTP, before)


def test_a_caller_stops_a_child_as_a_signal_does(child: Child) -> None:
    stop, told = Stop(), list[int]()
    with SignalRelay(told.append, stop=stop) as relay:
        relay.attach(child)
        thread = threading.Thread(target=stop.ask)
        thread.start()
        thread.join()
        assert select.select([relay], [], [], 0)[0]
        relay.acknowledge()
    assert (child.got, told, stop.asked) == (["SIGINT"], [1], True)
    with pytest.raises(Interrupted) as error:
        relay.raise_if_interrupted()
    assert error.value.signal == 0
    assert error.value.diagnostics[0].detail.startswith("The run was cancelled; the running command was asked")
    stop.check()  # the run has ended for it: what saves its state goes on
    with SignalRelay(stop=stop):
        pass


def test_a_caller_stops_a_run_between_two_children() -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(Interrupted, match="Interrupted") as error, SignalRelay(stop=stop):
        pass
    assert error.value.signal == 0
    with SignalRelay(stop=stop):
        pass


def test_what_a_child_missed_ends_the_run_at_the_next(child: Child) -> None:
    stop = Stop()
    with SignalRelay(stop=stop) as relay:
        relay.attach(child)
        relay.raise_if_interrupted()
        stop.ask()
    with pytest.raises(Interrupted):
        stop.check()
