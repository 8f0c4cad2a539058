"""Calls in forks of this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from nivis_tofu.system.forked import Fork, Forks


def wait(forks: Forks) -> Fork:
    while not (ended := forks.wait(5)):
        pass
    return ended[0]


def test_a_child_has_streams_environment_and_session_of_its_own() -> None:
    def call(_: object) -> int:
        print(os.environ["GIVEN"], os.getsid(0) == os.getpid(), sys.stdin.read() == "")
        print("a\nb", file=sys.stderr)
        return 5

    forks = Forks()
    child = forks.start(call, {"GIVEN": "x"})
    assert wait(forks) is child
    assert (child.code, bytes(child.stdout), child.lines) == (5, b"x True True\n", ["a", "b"])


def test_much_output_does_not_stop_it() -> None:
    def call(_: object) -> int:
        sys.stdout.write("x" * 1_000_000)
        return 0

    forks = Forks()
    child = forks.start(call, {})
    wait(forks)
    assert len(child.stdout) == 1_000_000


def test_what_was_not_written_yet_is_not_written_twice(capfd: object) -> None:
    sys.stdout.write("ours")
    forks = Forks()
    child = forks.start(lambda _: 0, {})
    wait(forks)
    assert bytes(child.stdout) == b""


def test_nothing_runs_and_nothing_is_waited_for() -> None:
    assert Forks().wait(0) == []


def test_what_it_notes_comes_beside_its_streams() -> None:
    def call(note: Callable[[str], None]) -> int:
        note("phase 1")
        note("phase 2")
        return 0

    forks = Forks()
    child = forks.start(call, {})
    wait(forks)
    assert (child.notes, child.lines, bytes(child.stdout)) == (["phase 1", "phase 2"], [], b"")
