"""Calls in forks of this process."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar

import pytest

from nivis_tofu.system.forked import Fork, Forks

SET: ContextVar[str] = ContextVar("SET", default="unset")


def verb(words: Sequence[str], note: Callable[[str], None]) -> int:
    what, *more = words
    match what:
        case "look":
            print(os.environ.get("GIVEN"), os.getsid(0) == os.getpid(), sys.stdin.read() == "", SET.get())
            print("a\nb", file=sys.stderr)
            SET.set("set")
            os.environ["LEFT"] = "x"
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            return 5
        case "write":
            sys.stdout.write("x" * int(more[0]))
        case "note":
            note("phase 1")
            note("phase\n2")
        case "hang":
            note("hangs")
            time.sleep(60)
        case "raise":
            raise ValueError("caught nowhere")
    return int("LEFT" in os.environ)


@pytest.fixture
def forks() -> Iterator[Forks]:
    made = Forks(verb)
    yield made
    made.close()


def wait(forks: Forks) -> Fork:
    while not (ended := forks.wait(5)):
        pass
    return ended[0]


def test_a_child_has_streams_environment_and_session_of_its_own(forks: Forks) -> None:
    child = forks.start(["look"], {"GIVEN": "x"})
    assert wait(forks) is child
    assert (child.code, bytes(child.stdout), child.lines) == (5, b"x True True unset\n", ["a", "b"])


def test_a_child_makes_the_next_call_as_if_it_were_the_first(forks: Forks) -> None:
    first = forks.start(["look"], {"GIVEN": "x"})
    wait(forks)
    second = forks.start(["look"], {})
    wait(forks)
    assert second.pid == first.pid
    assert bytes(second.stdout) == b"None True True unset\n"
    third = forks.start(["hang"], {})
    while not third.notes:
        forks.wait(5)
    forks.signal(signal.SIGTERM)
    assert (wait(forks).code, third.pid) == (-signal.SIGTERM, first.pid)


def test_several_at_once_are_children_of_their_own(forks: Forks) -> None:
    calls = [forks.start(["write", str(n)], {}) for n in range(3)]
    ended: list[Fork] = []
    while len(ended) < 3:
        ended += forks.wait(5)
    assert len({call.pid for call in calls}) == 3
    assert [len(call.stdout) for call in calls] == [0, 1, 2]


@pytest.mark.parametrize("size", [1_000_000])
def test_much_output_does_not_stop_it(forks: Forks, size: int) -> None:
    child = forks.start(["write", str(size)], {})
    wait(forks)
    assert len(child.stdout) == size
    after = forks.start(["write", "0"], {})
    wait(forks)
    assert bytes(after.stdout) == b""


def test_what_was_not_written_yet_is_not_written_twice(forks: Forks, capfd: object) -> None:
    sys.stdout.write("ours")
    child = forks.start(["nothing"], {})
    wait(forks)
    assert bytes(child.stdout) == b""


def test_nothing_runs_and_nothing_is_waited_for(forks: Forks) -> None:
    assert forks.wait(0) == []


def test_what_it_notes_comes_beside_its_streams(forks: Forks) -> None:
    child = forks.start(["note"], {})
    wait(forks)
    assert (child.notes, child.lines, bytes(child.stdout)) == (["phase 1", "phase 2"], [], b"")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_is_killed_is_told_and_replaced(forks: Forks, number: int) -> None:
    child = forks.start(["hang"], {})
    while not child.notes:
        forks.wait(5)
    os.kill(child.pid, number)
    assert wait(forks).code == -number
    other = forks.start(["nothing"], {})
    assert (wait(forks).code, other.pid == child.pid) == (0, False)


def test_one_that_is_killed_while_it_has_nothing_to_do_is_replaced(forks: Forks) -> None:
    child = forks.start(["nothing"], {})
    wait(forks)
    os.kill(child.pid, signal.SIGKILL)
    forks.wait(1)
    forks.wait(0.1)
    other = forks.start(["nothing"], {})
    assert (wait(forks).code, other.pid == child.pid) == (0, False)


def test_what_is_raised_ends_the_child_alone(forks: Forks) -> None:
    forks.start(["raise"], {})
    assert wait(forks).code == 70
    forks.start(["nothing"], {})
    assert wait(forks).code == 0


def test_a_child_ends_after_many_calls(forks: Forks) -> None:
    pids = []
    for _ in range(60):
        pids.append(forks.start(["nothing"], {}).pid)
        assert wait(forks).code == 0
    assert len(set(pids)) == 3
    forks.close()
    for pid in set(pids):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
