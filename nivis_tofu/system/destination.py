"""Files that the user names to be written: only what is not there, or what nivis wrote there before, is touched.

Every verb with a file or directory to write asks here first; `ours` tells an older file of the same kind by its
content. A project's own files, tools' directories and what is no regular file are refused whatever they hold.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Collection
from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.system.files import replacing

Ours = Callable[[Path], bool]
"""Is this file, which is there already, an older one of the kind that is to be written?"""
HEAD = 64 * 1024
_OWN = ("flake.nix", "flake.lock", ".terraform.lock.hcl", "nivis.state.json", "terraform.tfstate")
_TOOLS = (".nivis", ".git", ".terraform")


def nothing(_: Path) -> bool:
    """For what is never written anew."""
    return False


def is_json(path: Path) -> bool:
    """A document, JSON lines or a single value."""
    text = head(path)
    if text.startswith((b"{", b"[")):
        return True
    try:
        json_text.loads(text)
    except ValueError:
        return False
    return True


def head(path: Path, size: int = HEAD) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


@immutable
class Destinations:
    """Which files nivis may write for the user in one project. `kept`: state files and folders, which it must not."""

    project: Path
    kept: Collection[Path] = ()

    def file(self, path: Path, what: str, ours: Ours = nothing) -> Path:
        """The path, if `what` can be written to it without loss. Raises NivisError or OSError."""
        _refuse_directory(path)
        self._refuse_own(path)
        if not os.path.lexists(path):
            return path
        if not stat.S_ISREG(path.lstat().st_mode):
            kind = "a symbolic link" if path.is_symlink() else "no regular file"
            raise _refused(f"{path} is {kind}.")
        # An empty file, as mktemp makes them, holds nothing that could be lost.
        if path.stat().st_size and not ours(path):
            raise _refused(f"{path} is there already and is not {what} of an earlier run.")
        return path

    def stream(self, path: Path, what: str, ours: Ours = nothing) -> Path:
        """Like `file`, for a stream: a pipe or a terminal is accepted as well."""
        found = path.stat().st_mode if path.exists() else 0
        if stat.S_ISFIFO(found) or stat.S_ISCHR(found):
            return path
        return self.file(path, what, ours)

    def directory(self, path: Path) -> Path:
        """The path, if it is or could become a directory of the user's own; its contents are not checked."""
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        self._refuse_own(path)
        return path

    def _refuse_own(self, path: Path) -> None:
        place = path.parent.resolve() / path.name
        home = self.project.resolve()
        own = [home / name for name in _OWN]
        # Mostly they lie in one directory.
        real = {directory: directory.resolve() for directory in {k.parent for k in self.kept}}
        kept = [real[k.parent] / k.name for k in self.kept]
        if any(place == k or k in place.parents for k in (*own, *kept)):
            raise _refused(f"{path} belongs to the project: it is, or will be, its flake, lock file or state.")
        parts = (place.relative_to(home) if place.is_relative_to(home) else place).parts
        if tool := next((part for part in parts if part in _TOOLS), None):
            raise _refused(f"{path} is below `{tool}`, which nivis, git or the engine keeps for itself.")


def put(source: Path, target: Path) -> None:
    """Move a file to its destination in one step, with mode 0600."""
    with replacing(target) as out, source.open("rb") as file:
        shutil.copyfileobj(file, out)
    source.unlink()


def _refuse_directory(path: Path) -> None:
    """Raise what the operating system would say: a directory that was mistyped is not made."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _refused(why: str) -> NivisError:
    return NivisError.of("Nothing can be written there", why, "Name a file that is not there yet.")
