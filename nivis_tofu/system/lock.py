"""A lock that the kernel frees when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PAUSE = 0.05
"""Seconds between two attempts; the kernel's own waiting knows no time-out."""


@contextlib.contextmanager
def held(
    file: Path, timeout: float = 0, on_wait: Callable[[], None] = lambda: None, check: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold the lock of a file, which is made and stays.

    `on_wait` is called once if another process has it, `check` again and again: what it raises ends the waiting.
    TimeoutError if the other one still has it after `timeout` seconds.
    """
    # Not inherited by the processes that we start: an engine that outlives us does not hold our lock.
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        _take(handle, timeout, on_wait, check)
        yield
    finally:
        os.close(handle)


def _take(handle: int, timeout: float, on_wait: Callable[[], None], check: Callable[[], None]) -> None:
    until = time.monotonic() + timeout
    told = False
    while not _taken(handle):
        if time.monotonic() >= until:
            raise TimeoutError
        if not told:
            on_wait()
            told = True
        check()
        time.sleep(_PAUSE)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
