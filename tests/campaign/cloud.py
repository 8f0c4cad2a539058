"""The test provider's cloud, watched: something happens at the n-th call of a verb."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.provider import Fault, Lab, Verb


@dataclass
class Cloud(Lab):
    """`at_call`: what happens before the n-th call of one of these verbs is answered."""

    at_call: Callable[[], None] | None = None
    verbs: tuple[Verb, ...] = ()
    left: int = 0
    lost: set[str] = field(default_factory=set)
    """Ids that exist although no state knows them, for a reason that was given."""

    def watch(self, verbs: tuple[Verb, ...], number: int, act: Callable[[], None]) -> None:
        self.verbs, self.left, self.at_call = verbs, number, act

    def calm(self) -> None:
        """No faults, nothing to wait for."""
        self.well()
        self.at_call = None

    def _fault(self, verb: Verb, name: str) -> Fault:
        if self.at_call and verb in self.verbs:
            self.left -= 1
            if self.left == 0:
                self.at_call()
                time.sleep(0.05)
        return super()._fault(verb, name)


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found


def words(pid: int) -> list[str]:
    """The command line of a process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    return []


def named(pid: int, program: str) -> list[int]:
    """Processes below this one that run a program."""
    return [p for p in family(pid)[1:] if (found := words(p)) and Path(found[0]).name.startswith(program)]


def send(pids: list[int], number: int = signal.SIGKILL) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)
