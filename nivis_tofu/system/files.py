"""Files: atomic private writes."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import matches

UMASK = 0o077
"""Of the programs that are started. Our own process keeps its umask, which all its threads share."""


def private(path: str, flags: int) -> int:
    """An opener for `open`: a file that it makes is the user's alone."""
    return os.open(path, flags, 0o600)


def write(path: Path, text: str) -> None:
    """Write a file, which is made for the user alone; one that is there, a pipe too, is written to."""
    with open(path, "w", encoding="utf-8", opener=private) as out:
        out.write(text)


def copy_file(source: Path, target: Path) -> None:
    """Copy the content of a file; the target is made for the user alone."""
    with source.open("rb") as file, open(target, "wb", opener=private) as out:
        shutil.copyfileobj(file, out)


def directory(path: Path) -> Path:
    """The directory, made with all that is missing above it for the user alone."""
    if not path.is_dir():
        directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def listed(place: Path, pattern: str) -> list[Path]:
    """What a directory holds by names with `*`, sorted; nothing where it is none, or not for us to read.

    `Path.glob` compiles each pattern. It raises other failures, too: a file that counts must not be overlooked.
    """
    try:
        return sorted(path for path in place.iterdir() if matches(pattern, path.name))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def read_text(path: Path, problem: str) -> str:
    """Read a file that the user named. Raises NivisError with the summary `problem`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NivisError.of(problem, f"{path}: {reason}.") from None


def write_atomic(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a file by a 0600 one in one step; readers see the old text or the new one.

    `durable`: even after a power failure. Waiting for the disk is what takes time here.
    """
    directory(path.parent)
    with replacing(path, durable=durable) as out:
        out.write(text.encode())


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A new 0600 file that takes the place of another in one step; `durable`: once all of it is on the disk."""
    name = path.parent / f".{path.name}.{os.urandom(4).hex()}"  # `tempfile` is slow to load
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            if durable:
                os.fsync(out.fileno())
        name.replace(path)
    except BaseException:
        name.unlink(missing_ok=True)
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
