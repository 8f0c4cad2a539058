"""Signals while a child runs: handed on to it, acknowledged to the user, raised when it has ended.

The first and second signal become SIGINT to the child alone: OpenTofu tells its plugins and provisioners
itself, in its own order, and a provisioner's script that got the signal too would look like a failure.
The third kills the whole process group, plugins included.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any, Protocol

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Interrupted

OnSignal = Callable[[int], None]
"""Called with the number of signals so far: 1 asked to stop, 2 asked again, 3 killed."""

RELAYED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_BY_KEY = (signal.SIGTSTP, signal.SIGQUIT)
"""^Z and ^\\."""
KILL_AT = 3
CALLER = 0
"""Stands for a signal where a caller asks for what signals ask for."""


class Child(Protocol):
    """What the relay needs of a process."""

    pid: int

    def poll(self) -> int | None: ...
    def send_signal(self, sig: int) -> None: ...


def ignored() -> None:
    """From now on what would stop a run does nothing to this process, which is about to end by itself."""
    for number in RELAYED:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def leaving_tidily(aside: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """While ^Z stops this process, or ^\\ ends it, `aside` holds: what it had on the terminal must not stay there."""

    def leave(signum: int, _frame: FrameType | None) -> None:
        with aside():
            signal.signal(signum, signal.SIG_DFL)
            # To this thread: it is here that the process stops, and that it goes on.
            signal.pthread_kill(threading.get_ident(), signum)
            signal.signal(signum, leave)

    here = threading.current_thread() is threading.main_thread()
    taken = [number for number in _BY_KEY if here and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def _handled(handlers: Mapping[int, Callable[[int, FrameType | None], None]]) -> Iterator[None]:
    """Signals have these handlers meanwhile, by number, and then those that they had."""
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def noted(found: list[int]) -> AbstractContextManager[None]:
    """Signals are noted meanwhile, and nothing else: what runs is told, or ends, in its own way."""
    return _handled(dict.fromkeys(RELAYED, lambda caught, _: found.append(caught)))


@contextlib.contextmanager
def passed_on() -> Iterator[Callable[[Child], None]]:
    """What is called with a child that is on the terminal, too: ^C and ^\\ reach it by themselves, others through us.

    It is entered before the child starts: a signal that came with the start would end us, and leave it running alone.
    """
    there, early = list[Child](), list[int]()

    def take(child: Child) -> None:
        there.append(child)
        for number in early:
            child.send_signal(number)

    def pass_on(number: int, _: FrameType | None) -> None:
        if there:
            there[0].send_signal(number)
        else:
            early.append(number)

    def leave(_number: int, _: FrameType | None) -> None:
        pass

    with _handled({signal.SIGINT: leave, signal.SIGQUIT: leave, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on}):
        yield take


class Stop:
    """Stops a run from any thread, as ^C would: a child that runs is told, and the run ends with Interrupted.

    It is asked once: what the run does after that to save its state, and what comes after the run, goes on.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a handler of signals may ask while this thread holds it
        self._relays: set[SignalRelay] = set()
        self._pending = False
        self.asked = False

    def ask(self) -> None:
        """Ask the run to stop; a second time, not to wait for what is in progress, as a second ^C does."""
        with self._lock:
            self.asked = self._pending = True
            for relay in self._relays:
                relay.receive(CALLER)

    def check(self) -> None:
        """Raise Interrupted if the run was asked to stop, and no child was told so."""
        with self._lock:
            asked, self._pending = self._pending, False
        if asked:
            raise Interrupted(Diagnostic("Interrupted", "The run was cancelled between two steps."), signal=CALLER)

    @contextlib.contextmanager
    def reaching(self, relay: SignalRelay) -> Iterator[None]:
        """While this holds, the relay hears of it."""
        self.check()
        with self._lock:
            self._relays.add(relay)
        try:
            yield
        finally:
            with self._lock:
                self._relays.discard(relay)

    def heard(self) -> None:
        """A child was told, and the run ends for that."""
        with self._lock:
            self._pending = False


class SignalRelay:
    """Relay signals to one child, and what a caller asks of it.

    Outside the main thread Python allows no handlers, so there is only the caller.
    """

    def __init__(self, on_signal: OnSignal | None = None, kill_at: int = KILL_AT, stop: Stop | None = None) -> None:
        self._on_signal, self._stop = on_signal, stop
        self._held = contextlib.ExitStack()
        self._kill_at = kill_at
        """Number of the signal that kills; 1 for a child that has nothing to lose."""
        self._child: Child | None = None
        self._previous: dict[signal.Signals, Any] = {}
        self._received: list[int] = []
        self._acknowledged = 0
        self._wake_read, self._wake_write = -1, -1

    def __enter__(self) -> SignalRelay:
        if self._stop:
            self._held.enter_context(self._stop.reaching(self))
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        if threading.current_thread() is threading.main_thread():
            for signum in RELAYED:
                # Ignored on purpose (nohup, a background job of a script): stays ignored.
                if signal.getsignal(signum) is not signal.SIG_IGN:
                    self._previous[signum] = signal.signal(signum, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
        self._held.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def fileno(self) -> int:
        """A file descriptor that becomes readable when a signal arrives."""
        return self._wake_read

    def attach(self, child: Child) -> None:
        """From now on signals go to `child`; one that arrived earlier is sent at once."""
        self._child = child
        if self._received:
            self.send(len(self._received))

    def send(self, count: int) -> None:
        """Ask the child to stop, or kill its process group once `count` reaches the limit."""
        if self._child is None or self._child.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if count < self._kill_at:
                self._child.send_signal(signal.SIGINT)
            else:
                os.killpg(self._child.pid, signal.SIGKILL)

    def acknowledge(self) -> None:
        """Report signals that were not reported yet; called outside the handler, where printing is safe."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 64)
        while self._acknowledged < len(self._received):
            self._acknowledged += 1
            if self._on_signal is not None:
                self._on_signal(self._acknowledged)

    def raise_if_interrupted(self) -> None:
        if not self._received:
            return
        by = self._received[0]
        said = f"{signal.Signals(by).name} was received" if by else "The run was cancelled"
        if self._stop:
            self._stop.heard()
        if self._kill_at == 1:
            detail = f"{said}; nothing had been started."
        elif len(self._received) < self._kill_at:
            detail = f"{said}; the running command was asked to stop and has ended."
        else:
            detail = f"{said} repeatedly; the running command was killed and may have lost results."
        raise Interrupted(Diagnostic("Interrupted", detail), signal=self._received[0])

    def _handle(self, signum: int, _frame: FrameType | None) -> None:
        self.receive(signum)

    def receive(self, signum: int) -> None:
        """A signal, or CALLER: the child is told at once."""
        self._received.append(signum)
        self.send(len(self._received))
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"!")
