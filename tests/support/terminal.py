"""`nivis` in a pseudo-terminal, and the screen that a person sees. Every wait has an end and takes the command with it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import pyte
from pyte.screens import Char

from tests.e2e.project import NIVIS, Project

SGR = re.compile(r"\x1b\[[\d;]*m")
_KEYS = {"^C": b"\x03", "^D": b"\x04"}
# ^C goes to whoever has the terminal as its own, and only a process itself can take it.
_OWNER = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
_OF_THE_TEST = ("COLUMNS", "LINES", "CI", "FORCE_COLOR")


class Terminal:
    """One running command; used in a `with`, at whose end nothing of it is left."""

    def __init__(
        self,
        project: Project,
        *args: str,
        columns: int = 100,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        stdout: Path | None = None,
        stderr: Path | None = None,
    ) -> None:
        """Input and both streams are the terminal; a stream that is given goes into that file."""
        self.columns, self._bytes = columns, bytearray()
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        with contextlib.ExitStack() as files:
            files.callback(os.close, theirs)
            out, err = (files.enter_context(path.open("wb")) if path else theirs for path in (stdout, stderr))
            self._process = subprocess.Popen(
                [sys.executable, "-ISc", _OWNER, NIVIS, *args],
                cwd=project.directory,
                env={**{k: v for k, v in project.env.items() if k not in _OF_THE_TEST}, "TERM": "xterm-256color"}
                | dict(env or {}),
                stdin=theirs,
                stdout=out,
                stderr=err,
            )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note("on the screen:\n" + "\n".join(self.screen))
        self.close()

    def type(self, text: str) -> None:
        """A line, with the enter key."""
        os.write(self._ours, f"{text}\r".encode())

    def press(self, key: str) -> None:
        os.write(self._ours, _KEYS[key])

    def wait_for(self, *texts: str, seconds: float = 60) -> None:
        """Until all of them are on the screen at once."""
        deadline = time.monotonic() + seconds
        while not all(text in self.text for text in texts):
            assert self._read(deadline), f"the command ended without {texts}"

    def finish(self, seconds: float = 60) -> int:
        """The exit code, when it has ended."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        return self._process.wait(max(0.1, deadline - time.monotonic()))

    def close(self) -> None:
        """Have a command that still runs stop the way it stops in order; then insist."""
        if self._ours < 0:
            return
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            self._process.terminate()
            self.finish(10)
        for pid in (self._process.pid, *_below(self._process.pid)) if self._process.poll() is None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)
        self._ours = -1

    def _read(self, deadline: float) -> bool:
        """Take what has come; False once nothing can come any more."""
        left = deadline - time.monotonic()
        assert left > 0, "it takes too long"
        ended = self._process.poll() is not None
        if not select.select([self._ours], [], [], min(left, 0.1))[0]:
            return not ended
        try:
            # Little at a time, so that what is on the screen for a moment only is seen too.
            data = os.read(self._ours, 512)
        except OSError:  # what Linux says where others give no bytes
            return False
        self._bytes += data
        self._stream.feed(data)
        return bool(data)

    @property
    def raw(self) -> str:
        """Everything that was sent to the terminal, control sequences and all."""
        return self._bytes.decode(errors="replace")

    @property
    def screen(self) -> list[str]:
        """The rows, from the first that scrolled away to the last with something on it."""
        lines = [self._row(row) for row in self._rows()]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def text(self) -> str:
        """The screen as it is read: a row that is full goes on in the next one."""
        return "".join(line if len(line) == self.columns else line + "\n" for line in self.screen)

    @property
    def colours(self) -> dict[str, str]:
        """First word of a row -> its colour, where it has one of its own."""
        found = {}
        for row in self._rows():
            text = self._row(row)
            if text and (colour := row[len(text) - len(text.lstrip())].fg) != "default":
                found[text.split()[0]] = colour
        return found

    @property
    def at_rest(self) -> bool:
        """Is it left as a shell wants it: a cursor to be seen, in an empty row, and what is typed shows?"""
        cursor = self._screen.cursor
        echo = termios.tcgetattr(self._ours)[3] & termios.ECHO
        return bool(echo) and not cursor.hidden and cursor.x == 0 and not self._row(self._screen.buffer[cursor.y])

    def _rows(self) -> list[Mapping[int, Char]]:
        return [*self._screen.history.top, *(self._screen.buffer[y] for y in range(self._screen.lines))]

    def _row(self, row: Mapping[int, Char]) -> str:
        return "".join(row[x].data for x in range(self.columns)).rstrip()


def _below(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(child) for child in path.read_text().split()] if path.exists() else []
    return [*children, *(below for child in children for below in _below(child))]
