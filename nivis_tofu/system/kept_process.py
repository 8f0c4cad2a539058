"""A process that is kept while others run, and tells line by line what it has found."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from nivis_tofu.system import process
from nivis_tofu.system.child_text import LineSplitter

GRACE = 2.0
"""Seconds that a killed process is waited for."""


_KEEPER = 'exec 3<&0; "$@" 3<&- </dev/null & exec >/dev/null 2>&1; read -r _ <&3; kill -KILL 0'
"""Runs a command, and kills it when nobody holds the other end of the pipe that is stdin: when we are killed."""


class KeptProcess:
    """Lines of its stderr as they come; what it writes to stdout is dropped. `close` ends it at once.

    It does not outlive us, however we end.
    """

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        if not os.access(argv[0], os.X_OK):
            raise process.not_run(argv[0], cwd, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
        keeper = ("/bin/sh", "-c", _KEEPER, "sh", *argv)
        theirs, ours = os.pipe()
        self._held = os.fdopen(ours, "wb")
        with Path(os.devnull).open("wb") as nowhere, os.fdopen(theirs) as given:
            self._child = process.spawn(keeper, cwd, env, nowhere, stdin=given.fileno())
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def line(self, timeout: float) -> str | None:
        """The next line; None when it has ended and all was read. Raises TimeoutError."""
        try:
            found = self._lines.get(timeout=max(timeout, 0))
        except queue.Empty:
            raise TimeoutError from None
        if found is None:
            self._lines.put(None)  # for whoever asks again
        return found

    @property
    def ended(self) -> bool:
        return not self._reader.is_alive()

    def close(self) -> None:
        if self._held.closed:
            return
        self._held.close()
        with contextlib.suppress(OSError):
            os.killpg(self._child.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self._child.wait(GRACE)
        self._reader.join(GRACE)

    def _read(self) -> None:
        splitter = LineSplitter(self._lines.put)
        assert self._child.stderr is not None
        with self._child.stderr as stderr:
            while data := os.read(stderr.fileno(), process.CHUNK):
                splitter.add(data)
        splitter.finish()
        self._lines.put(None)
