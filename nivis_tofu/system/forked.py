"""Calls in processes forked from this one, several at once: what is loaded here need not be loaded again.

For a process with one thread, which hears of its children by `wait` alone. A child has a session of its own, so that
the terminal's ^C reaches only us, and is passed on.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from nivis_tofu.system.child_text import LineSplitter

_CHUNK = 64 * 1024
Note = Callable[[str], None]


@dataclass
class Fork:
    """One call. `stdout` and `lines` grow while it runs; `code` is that of the exit, or minus the signal's number."""

    pid: int
    stdout: bytearray = field(default_factory=bytearray)
    lines: list[str] = field(default_factory=list)
    """Of stderr."""
    notes: list[str] = field(default_factory=list)
    """What it told us beside its streams."""
    code: int | None = None
    _open: int = 3

    def __post_init__(self) -> None:
        self._splitters = {"stderr": LineSplitter(self.lines.append), "notes": LineSplitter(self.notes.append)}

    def add(self, stream: str, data: bytes) -> None:
        if stream == "stdout":
            self.stdout += data
        else:
            self._splitters[stream].add(data)

    def close(self) -> bool:
        """One of its streams has ended; was it the last one?"""
        self._open -= 1
        if not self._open:
            for splitter in self._splitters.values():
                splitter.finish()
        return not self._open


class Forks:
    """The children that are running."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, Fork] = {}

    def start(self, call: Callable[[Note], int], env: Mapping[str, str]) -> Fork:
        """Call in a child, whose exit code is what the call returns; it is given what notes a line for us."""
        sys.stdout.flush()
        sys.stderr.flush()
        pipes = {name: os.pipe() for name in ("stdout", "stderr", "notes")}
        pid = os.fork()
        if pid == 0:
            _be_child(call, env, *(theirs for _, theirs in pipes.values()))
        child = self._running[pid] = Fork(pid)
        for name, (ours, theirs) in pipes.items():
            os.close(theirs)
            self._selector.register(ours, selectors.EVENT_READ, (child, name))
        return child

    def wait(self, seconds: float) -> list[Fork]:
        """Read what has come, waiting for that if nothing has; those that have ended."""
        return list(self._ended(seconds))

    def _ended(self, seconds: float) -> Iterator[Fork]:
        for key, _ in self._selector.select(seconds):
            child, stream = key.data
            if data := os.read(key.fd, _CHUNK):
                child.add(stream, data)
                continue
            self._selector.unregister(key.fd)
            os.close(key.fd)
            if child.close():
                _, status = os.waitpid(child.pid, 0)
                child.code = os.waitstatus_to_exitcode(status)
                del self._running[child.pid]
                yield child

    def signal(self, number: int) -> None:
        """Send a signal to all that are running."""
        for pid in self._running:
            os.kill(pid, number)


def _be_child(call: Callable[[Note], int], env: Mapping[str, str], out: int, err: int, notes: int) -> None:
    """Never returns."""
    code = 70
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (out, 1), (err, 2), (notes, 3)):
            os.dup2(here, there)
        os.closerange(4, max(nothing, out, err, notes) + 1)
        os.set_inheritable(3, False)  # it is not for programs that the child starts
        # Whatever these were here: a terminal's are buffered in another way.
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.environ.update(env)
        code = call(_note)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _note(text: str) -> None:
    with contextlib.suppress(OSError):  # whoever watched may be gone
        os.write(3, f"{text}\n".encode())
