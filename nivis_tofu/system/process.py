"""The one door to other programs: spawn, stream, signals, redaction. Nothing else imports subprocess.

A child gets a session of its own, so that the terminal's ^C reaches only us; signals.py passes it on.
If we are killed outright the child is left alone on purpose: an engine that finishes and writes its state
is safer than one that dies between the cloud's answer and the state file.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.system import notes
from nivis_tofu.system.child_text import BoundedBuffer, LineSplitter
from nivis_tofu.system.files import UMASK, private, write
from nivis_tofu.system.reserve import Reserve
from nivis_tofu.system.signals import KILL_AT, OnSignal, SignalRelay, Stop, passed_on

OURS = "NIVIS_VAR_"
"""Begins the names of variables that only nivis reads: values that no program it starts needs to know."""
CHUNK = 64 * 1024
TICK = 0.25
FOLLOW = 0.1
"""Seconds between two looks into a file that a child writes to."""
NOTE, SAID = "engine.json", "engine.out"
"""Which process writes to these files, and what it says."""
LINGER = 1.0
"""Seconds that pipes held open by a grandchild are still read after the child has gone."""
KILL_AFTER = 10.0
"""Seconds between asking a child that ran out of time to stop and killing it."""


@immutable(slots=True)
class Completed:
    """A finished process. `stdout` is empty if it was streamed, `seconds` 0; death by a signal is a negative code."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float = 0.0


class CommandNotRunError(NivisError):
    """The program could not be started at all."""


class CommandTimeoutError(NivisError):
    """The program did not end in time and was stopped."""


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float | None = None,
    on_signal: OnSignal | None = None,
    kill_at: int = KILL_AT,
    stop: Stop | None = None,
) -> Completed:
    """Run to the end and capture all of stdout. `kill_at`: from which signal on the child is killed (1: the first).

    `stop`: who else may stop it.
    """
    out, started = bytearray(), time.monotonic()
    code, stderr = _Pump(out.extend, SignalRelay(on_signal, kill_at, stop), timeout).run(argv, cwd, env)
    return Completed(tuple(argv), code, out.decode("utf-8", "replace"), stderr, time.monotonic() - started)


def stream(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
    on_signal: OnSignal | None = None,
    survives: Path | None = None,
    stop: Stop | None = None,
) -> Completed:
    """Run and pass each line of stdout to `on_line` as it arrives; if that raises, the child is stopped first.

    `survives`: a directory for files that the child writes to. With pipes it would die of its next word if we are
    killed; with files it ends in its own time, and an engine saves its state.
    """
    lines = LineSplitter(on_line)
    pump = _Pump(lines.add, SignalRelay(on_signal, stop=stop), None, at_end=lines.finish)
    code, stderr = pump.run(argv, cwd, env) if survives is None else pump.follow(argv, cwd, env, survives)
    return Completed(tuple(argv), code, "", stderr)


def outlived(directory: Path) -> int | None:
    """The process of an earlier `stream` with this `survives` that outlived its parent, if there is one."""
    try:
        note = notes.read_json(directory / NOTE)
        pid, born = int(note["pid"]), str(note["born"])
    except (ValueError, KeyError, TypeError):
        return None
    return pid if born and _born(pid) == born else None


def _born(pid: int) -> str:
    """When a process began, which tells it from a later one of the same number; empty if it has ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if state == "Z" else fields[18]
    except (OSError, IndexError):
        if Path("/proc/self").exists():
            return ""
    try:
        line = ("ps", "-o", "stat=,lstart=", "-p", str(pid))
        said = subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
    state, _, since = said.partition(" ")
    return "" if state.startswith("Z") else since.strip()


def attached(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: bytes | None = None) -> int:
    """Run on the terminal, as if the user had typed it; death by a signal is a code above 128.

    It is in our process group, so ^C reaches it by itself; other signals are passed on. It may read `stdin` in part.
    """
    with passed_on() as take:
        try:
            child = subprocess.Popen(
                list(argv), cwd=cwd, env=dict(env), stdin=None if stdin is None else subprocess.PIPE
            )
        except OSError as error:
            raise not_run(argv[0], cwd, error) from error
        take(child)
        child.communicate(stdin)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


class _Pump:
    """Moves bytes from one child until it is gone; then raises what happened on our side."""

    def __init__(
        self,
        sink: Callable[[bytes], None],
        relay: SignalRelay,
        timeout: float | None,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._sink, self._at_end, self._relay, self._timeout = sink, at_end, relay, timeout
        self._stderr = BoundedBuffer()
        self._failure: BaseException | None = None

    def run(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, str]:
        with self._relay, spawn(argv, cwd, env, subprocess.PIPE, subprocess.PIPE) as child:
            self._relay.attach(child)
            self._move(child, argv)
            return self._ended(child)

    def follow(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], directory: Path) -> tuple[int, str]:
        """The same through files that are read as they grow and deleted at the end."""
        places = directory / SAID, directory / "engine.err"
        for place in places:
            notes.clear(place)  # one that outlived an earlier run may still write to its own
        with contextlib.ExitStack() as stack:
            out, err = (stack.enter_context(open(place, "wb", opener=private)) for place in places)
            reading = [stack.enter_context(place.open("rb", buffering=0)) for place in places]
            for place in places:
                stack.callback(place.unlink, missing_ok=True)
            reserve = stack.enter_context(Reserve(directory))
            stack.enter_context(self._relay)
            child = stack.enter_context(spawn(argv, cwd, env, out, err))
            note = notes.free(directory / NOTE)
            write(note, json_text.dumps({"pid": child.pid, "born": _born(child.pid)}))
            stack.callback(note.unlink, missing_ok=True)
            self._relay.attach(child)
            self._tail(child, reserve.check, *reading)
            return self._ended(child)

    def _ended(self, child: subprocess.Popen[bytes]) -> tuple[int, str]:
        code = child.wait()
        self._guarded(self._at_end)
        # Under the handlers still: a signal that came with the last byte counts too.
        self._guarded(self._relay.acknowledge)
        if self._failure is not None:
            raise self._failure
        self._relay.raise_if_interrupted()
        return code, self._stderr.text()

    def _tail(self, child: subprocess.Popen[bytes], look: Callable[[], None], out: FileIO, err: FileIO) -> None:
        gone_read, gone_write = os.pipe()

        def wait() -> None:
            child.wait()
            os.close(gone_write)

        # Wakes us the moment it ends: to look again and again would cost as much as an engine's start.
        waiter = threading.Thread(target=wait, daemon=True)
        waiter.start()
        with selectors.DefaultSelector() as selector:
            selector.register(self._relay, selectors.EVENT_READ)
            selector.register(gone_read, selectors.EVENT_READ)
            gone = False
            while not gone:
                ready = {key.fileobj for key, _ in selector.select(FOLLOW)}
                gone = gone_read in ready
                look()
                if self._relay in ready:
                    self._guarded(self._relay.acknowledge)
                while data := out.read(CHUNK):
                    self._guarded(self._sink, data)
                while data := err.read(CHUNK):
                    self._stderr.add(data)
        waiter.join()
        os.close(gone_read)

    def _move(self, child: subprocess.Popen[bytes], argv: Sequence[str]) -> None:
        assert child.stdout is not None
        assert child.stderr is not None
        started, stops = time.monotonic(), 0
        gone_at: float | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._relay, selectors.EVENT_READ)
            selector.register(child.stdout, selectors.EVENT_READ, partial(self._guarded, self._sink))
            selector.register(child.stderr, selectors.EVENT_READ, self._stderr.add)
            while len(selector.get_map()) > 1:
                ready = selector.select(TICK)
                for key, _ in ready:
                    if key.fileobj is self._relay:
                        self._guarded(self._relay.acknowledge)
                    elif data := os.read(key.fd, CHUNK):
                        key.data(data)
                    else:
                        selector.unregister(key.fileobj)
                now = time.monotonic()
                if self._timeout is not None and now > started + self._timeout + stops * KILL_AFTER:
                    stops += 1
                    self._failure = self._failure or _timed_out(argv[0], self._timeout)
                    self._relay.send(KILL_AT if stops > 1 else 1)
                if child.poll() is not None:
                    # What it wrote last may have come after this look: only another one tells that nothing is left.
                    if gone_at is not None and (not ready or now > gone_at + LINGER):
                        break
                    gone_at = gone_at or now

    def _guarded(self, call: Callable[..., None], *args: object) -> None:
        """Call into the caller's code; its failure stops the child and what still comes is only drained."""
        if self._failure is None:
            try:
                call(*args)
            except BaseException as error:  # noqa: BLE001 - raised again when the child is gone
                self._failure = error
                self._relay.send(1)


def spawn(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    out: int | BinaryIO,
    err: int | BinaryIO = subprocess.PIPE,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={name: value for name, value in env.items() if not name.startswith(OURS)},
            stdin=stdin,
            stdout=out,
            stderr=err,
            bufsize=0,
            start_new_session=True,
            umask=UMASK,
        )
    except OSError as error:
        raise not_run(argv[0], cwd, error) from error


def not_run(program: str, cwd: Path, error: OSError) -> CommandNotRunError:
    place = f" (working directory {cwd})" if not cwd.is_dir() else ""
    detail, hint = f"{program}: {error.strerror}{place}.", "Check that the program is installed and executable."
    return CommandNotRunError(Diagnostic("Command could not be started", detail, hint))


def _timed_out(program: str, seconds: float) -> CommandTimeoutError:
    return CommandTimeoutError(Diagnostic("Command took too long", f"{program} did not end within {seconds:g} s."))
