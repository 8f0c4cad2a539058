"""Room on the disk that is kept while the engine applies, and given up when the disk becomes full: for its state."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from nivis_tofu.system import notes

_SIZES = (4 << 20, 512 << 10, 64 << 10)
"""Bytes; the largest that there is room for."""


class Reserve:
    """A file in `directory` that reserves disk space; without effect if nothing can be written there."""

    def __init__(self, directory: Path) -> None:
        self._file, self._size = directory / "reserve", 0

    def __enter__(self) -> Reserve:
        with contextlib.suppress(OSError):
            notes.clear(self._file)
            self._size = next((size for size in _SIZES if self._written(size)), 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def check(self) -> None:
        """Check whether the disk is almost full. Cheap enough to be called often."""
        if self._size and free(self._file.parent) < self._size // 2:
            self._release()

    def _release(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)
        self._size = 0

    def _written(self, size: int) -> bool:
        try:
            self._file.write_bytes(b" " * size)  # zeros may take no room
        except OSError:
            self._file.unlink(missing_ok=True)
            return False
        return True


def free(directory: Path) -> int:
    """How many bytes can still be written there."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize
