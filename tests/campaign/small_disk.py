"""A project on a file system of its own for a while, with hardly any room left."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

PAGE = 4
"""Kilobytes that a file takes up at least."""


@contextlib.contextmanager
def small_disk(directory: Path, scratch: Path, room: int) -> Iterator[bool]:
    """`room`: kilobytes that are left. False if mounting is not allowed here, and everything is as ever."""
    copy(directory, scratch)
    size = sum(-(-p.lstat().st_size // (PAGE * 1024)) * PAGE for p in directory.rglob("*") if p.is_file())
    entries = sum(1 for _ in directory.rglob("*")) + 1000
    options = f"size={size + room + PAGE}k,nr_inodes={entries},mode=755"
    argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
    if subprocess.run(argv, check=False, capture_output=True).returncode != 0:
        yield False
        return
    try:
        copy(scratch, directory)
        yield True
    finally:
        copy(directory, scratch)
        subprocess.run(["umount", "-l", str(directory)], check=True)
        for path in directory.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        copy(scratch, directory)
        shutil.rmtree(scratch)


def copy(one: Path, other: Path) -> None:
    """With modes, links and FIFOs; what was there before is gone."""
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{one}/.", str(other)], check=True)
