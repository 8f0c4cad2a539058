"""Files: atomic private writes."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nivis_tofu.core.errors import NivisError


def private_umask() -> None:
    """Make everything that this process and its children create private to the user."""
    os.umask(0o077)


def read_text(path: Path, problem: str) -> str:
    """Read a file that the user named. Raises NivisError with the summary `problem`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NivisError.of(problem, f"{path}: {reason}.") from None


def write_atomic(path: Path, text: str) -> None:
    """Replace a file by a 0600 one in one step; readers see the old text or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as out:
        out.write(text.encode())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new 0600 file that takes the place of another in one step, once all of it is on the disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, text: str) -> bool:
    """Write the text unless the file already contains it; True if it was written."""
    try:
        if path.read_bytes() == text.encode():
            return False
    except OSError:
        pass
    write_atomic(path, text)
    return True
