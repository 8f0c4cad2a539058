"""Calls in processes forked from this one, several at once: what is loaded here need not be loaded again.

A child makes one call after the other: each fork pays again for every page that it touches. For a process with one
thread, which hears of its children by `wait` alone. A child has a session of its own, so that the terminal's ^C reaches
only us, and is passed on.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import field

from nivis_tofu.core.immutable import mutable
from nivis_tofu.system.child_text import LineSplitter
from nivis_tofu.system.signals import RELAYED

_CHUNK = 64 * 1024
_MOST = 25
"""Calls of one child: what they leave behind goes with it."""
_STREAMS = ("stdout", "stderr", "notes")
_NOTES, _ORDERS = 3, 4
"""Descriptors in a child: beside those of its streams, and not for programs that it starts."""
_END = "="
"""Begins the note of an end; others begin with a space."""
Note = Callable[[str], None]
Call = Callable[[Sequence[str], Note], int]


@mutable
class Fork:
    """One call. `stdout` and `lines` grow while it runs; `code` is that of the exit, or minus the signal's number."""

    pid: int
    stdout: bytearray = field(default_factory=bytearray)
    lines: list[str] = field(default_factory=list)
    """Of stderr."""
    notes: list[str] = field(default_factory=list)
    """What it told us beside its streams."""
    code: int | None = None

    def __post_init__(self) -> None:
        self._splitters = {"stderr": LineSplitter(self.lines.append), "notes": LineSplitter(self._noted)}

    def add(self, stream: str, data: bytes) -> None:
        if stream == "stdout":
            self.stdout += data
        else:
            self._splitters[stream].add(data)

    def end(self, code: int | None = None) -> None:
        """Nothing comes any more."""
        for splitter in self._splitters.values():
            splitter.finish()
        self.code = code if self.code is None else self.code

    def _noted(self, line: str) -> None:
        if line.startswith(_END):
            self.code = int(line.removeprefix(_END))
        else:
            self.notes.append(line[1:])


@mutable
class _Child:
    """A process that makes calls. `orders`: what it reads them from; `ours`: its streams that are open."""

    pid: int
    orders: int
    ours: dict[str, int]
    call: Fork | None = None
    calls: int = 0


class Forks:
    """The children, each of which makes `call` with the words that it is given and what notes a line for us."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._selector = selectors.DefaultSelector()
        self._children: list[_Child] = []
        self._idle: list[_Child] = []

    def start(self, words: Sequence[str], env: Mapping[str, str]) -> Fork:
        """Call in a child, whose code is what the call returns. `env`: added to the environment meanwhile."""
        order = json.dumps([list(words), dict(env)]).encode() + b"\n"
        while True:
            child = self._idle.pop() if self._idle else self._forked()
            with contextlib.suppress(BrokenPipeError):  # it was killed while it had nothing to do
                os.write(child.orders, order)
                child.call, child.calls = Fork(child.pid), child.calls + 1
                return child.call

    def wait(self, seconds: float) -> list[Fork]:
        """Read what has come, waiting for that if nothing has; those that have ended."""
        return list(self._ended(seconds))

    def signal(self, number: int) -> None:
        """Send a signal to all that are running."""
        for child in self._children:
            if child.call:
                os.kill(child.pid, number)

    def close(self) -> None:
        """Let the children go that have nothing to do."""
        while self._idle:
            self._retire(self._idle.pop())
        while any(not child.call for child in self._children):
            self.wait(1)

    def _forked(self) -> _Child:
        if not self._children:
            gc.collect()
            gc.freeze()  # what is here stays, and collectors of children need not touch it
        sys.stdout.flush()
        sys.stderr.flush()
        pipes = {name: os.pipe() for name in _STREAMS}
        theirs, orders = os.pipe()
        pid = os.fork()
        if pid == 0:
            # Ends of pipes to others: as long as one is open, those do not see that we are gone.
            known = [fd for child in self._children for fd in (child.orders, *child.ours.values())]
            _be_child(self._call, theirs, [there for _, there in pipes.values()], max(orders, theirs, *known, 0))
        child = _Child(pid, orders, {name: ours for name, (ours, _) in pipes.items()})
        os.close(theirs)
        for name, (ours, there) in pipes.items():
            os.close(there)
            os.set_blocking(ours, False)
            self._selector.register(ours, selectors.EVENT_READ, (child, name))
        self._children.append(child)
        return child

    def _ended(self, seconds: float) -> Iterator[Fork]:
        for key, _ in self._selector.select(seconds):
            child, stream = key.data
            if self._read(child, stream):
                continue
            call = child.call
            if not child.ours:
                self._children.remove(child)
                if child in self._idle:
                    self._idle.remove(child)
                with contextlib.suppress(OSError):
                    os.close(child.orders)
                code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
                if call:
                    call.end(code)
                    yield call
            elif call and call.code is not None:
                for other in [name for name in child.ours if name != stream]:
                    self._read(child, other)  # what it wrote before it said so
                call.end()
                child.call = None
                if child.calls < _MOST:
                    self._idle.append(child)
                else:
                    self._retire(child)
                yield call

    def _read(self, child: _Child, stream: str) -> bool:
        """Read what has come of a stream; is there nothing more to be done?"""
        while stream in child.ours:
            try:
                data = os.read(child.ours[stream], _CHUNK)
            except BlockingIOError:
                break
            if not data:
                self._selector.unregister(child.ours[stream])
                os.close(child.ours.pop(stream))
            elif child.call:
                child.call.add(stream, data)
        return bool(child.ours) and not (child.call and child.call.code is not None)

    def _retire(self, child: _Child) -> None:
        os.close(child.orders)
        child.orders = -1


def _be_child(call: Call, orders: int, streams: Sequence[int], highest: int) -> None:
    """Never returns."""
    code = 70
    try:
        os.setsid()
        _deaf()
        # Whatever these were here: a terminal's are buffered in another way.
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        nothing = os.open(os.devnull, os.O_RDONLY)
        # Out of the way first: what is moved must not be what another one is moved to.
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, _ORDERS + 1) for fd in (nothing, *streams, orders)]
        for there, here in enumerate(moved):
            os.dup2(here, there, inheritable=there < _NOTES)
        os.closerange(_ORDERS + 1, max(highest, nothing, *moved, *streams) + 1)
        with open(_ORDERS, encoding="utf-8") as given:
            for line in given:
                _serve(call, *_order(line))
        code = 0
    finally:
        os._exit(code)


def _order(line: str) -> tuple[Sequence[str], Mapping[str, str]]:
    """Words of a command line, and the environment for it."""
    words, env = json.loads(line)
    return words, env


def _serve(call: Call, words: Sequence[str], env: Mapping[str, str]) -> None:
    before = dict(os.environ)
    os.environ.update(env)
    code = copy_context().run(call, words, _note)
    sys.stdout.flush()
    sys.stderr.flush()
    _deaf()
    os.environ.clear()
    os.environ.update(before)
    _write(f"{_END}{code}")  # if nobody reads it, nobody has more to do


def _deaf() -> None:
    """Signals do what they do to a program that knows nothing of them."""
    for number in RELAYED:
        signal.signal(number, signal.SIG_DFL)


def _note(text: str) -> None:
    with contextlib.suppress(OSError):  # whoever watched may be gone
        _write(" " + text.replace("\n", " "))


def _write(line: str) -> None:
    os.write(_NOTES, f"{line}\n".encode())
