"""The standard streams as verbs rely on them: open, in UTF-8, and a stderr that stops nothing."""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
from typing import Any, TextIO

_TELL = "nivis-tell"


def secure() -> None:
    """Repair the standard streams, called first, because daemons and pipelines may have closed or broken them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(number))
    # The same bytes everywhere, as the engine writes them; and no file name or answer that cannot be told.
    _recode(sys.stdin, "replace")
    codecs.register_error(_TELL, _told)
    _recode(sys.stdout, _TELL)
    sys.stderr.flush()
    # Without a buffer: a signal that comes with a write would leave in it what has been said, to be said again.
    last: Any = _Lasting(sys.stderr.fileno())
    sys.stderr = io.TextIOWrapper(last, encoding="utf-8", errors=_TELL, write_through=True)


def _told(problem: UnicodeError) -> tuple[str | bytes, int]:
    """File names as the bytes that they are; what is no text at all by its number."""
    try:
        return codecs.lookup_error("surrogateescape")(problem)
    except UnicodeError:
        return codecs.backslashreplace_errors(problem)


def _nowhere(number: int) -> TextIO:
    """In the place of a closed stream: the next file that is opened would get its number."""
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)
    return open(number, "w" if number else "r", encoding="utf-8", closefd=False)


def _recode(stream: TextIO, errors: str) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors=errors)


class _Lasting(io.RawIOBase):
    """stderr, as long as somebody reads it: what is said there is talk, and a run must not break off for that."""

    def __init__(self, number: int) -> None:
        self._number, self._lost = number, False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, data: Any) -> int:
        rest = memoryview(data)
        while rest and not self._lost:
            try:
                rest = rest[os.write(self._number, rest) :]
            except BlockingIOError:  # another program made the pipe that it shares with us a non-blocking one
                select.select((), (self._number,), ())
            except OSError:
                self._lost = True
        return len(data)
