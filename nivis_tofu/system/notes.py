"""The owner of what lies below `.nivis/`: notes that one can do without, and the directories that hold them.

Whatever stands there may be damaged, or be no file at all. What cannot be read counts as absent, what stands in the
way of a note is removed, and nothing is ever read, written, deleted or given another mode through a symbolic link.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import files
from nivis_tofu.system.files import write_atomic

_CHUNK = 1 << 20
VERSION = 1
"""Of the form of notes; one that says that it is newer is not understood, so it is absent."""
_LINKED = {"flake", "mirror", "providers", "modules", "tree", "backend", "roots"}
"""Directories whose links are meant: copies of the user's tree, and what is installed for the engine."""
_MODULES = {"work", "preview"}
"""Directories with a module, where links lead to what the user has. Nothing is written there through a link."""
_DATA, _STACKS = "terraform", "stacks"
_BACKEND, _INSTALLED = "terraform.tfstate", "modules/modules.json"
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A FIFO must not make us wait for somebody who writes to it."""


def work_directory(project: Path, part: str = "") -> Path:
    """`.nivis/` of a project, or a part of it: 0700, ignored by git, deletable at any time.

    What is in the parts of other stacks is looked at by whoever works there: there may be many.
    """
    root = project / ".nivis"
    if root.is_symlink():
        raise _linked(root)
    if root.exists() and not root.is_dir():
        raise NivisError.of(
            "The work directory cannot be made", f"{root} is there, and it is not a directory.", f"Move it away: {root}"
        )
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    links, strange = _survey(str(root), str(root / part))
    if links:
        raise _linked(*links)
    for path in strange:
        path.unlink(missing_ok=True)
    root.chmod(0o700)
    write(root / ".gitignore", "*\n")
    return directory(root / part)


def open_file(path: Path) -> BinaryIO | None:
    """Open a regular file for reading; None if it is missing or unreadable."""
    try:
        handle = os.open(path, os.O_RDONLY | _FLAGS)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def read(path: Path) -> str | None:
    """The text of a note; None if it is missing or unreadable."""
    found = open_file(path)
    if found is None:
        return None
    with found:
        try:
            return found.read().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def read_json(path: Path, version: int = VERSION) -> Any:
    """The content of a JSON note; None if it is missing, damaged, or from a newer nivis."""
    from nivis_tofu.core import json_text  # slow to load, and the tab key reads a note too

    try:
        found = json_text.loads(read(path) or "")
    except ValueError:
        return None
    newer = isinstance(found, dict) and isinstance(found.get("version"), int) and found["version"] > version
    return None if newer else found


def write(path: Path, text: str) -> bool:
    """Write a note unless it has this content already; True if it was written."""
    if read(path) == text:
        return False
    directory(path.parent)
    free(path)
    write_atomic(path, text, durable=False)  # what a power failure damages counts as absent
    return True


def write_pieces(path: Path, pieces: Iterable[str]) -> bool:
    """The same for a text that is too large to be in memory as a whole."""
    rest, same, data = iter(pieces), 0, b""
    with contextlib.ExitStack() as stack:
        if old := open_file(path):
            stack.enter_context(old)
            for piece in rest:
                data = piece.encode()
                if old.read(len(data)) != data:
                    break
                same += len(data)
            else:
                if not old.read(1):
                    return False
                data = b""
            old.seek(0)
        directory(path.parent)
        free(path)
        with files.replacing(path, durable=False) as out:
            while old and same:
                same -= out.write(old.read(min(same, _CHUNK)))
            out.write(data)
            for piece in rest:
                out.write(piece.encode())
    return True


def append(path: Path, text: str) -> None:
    """Append to a note. A failure is ignored, since notes are dispensable."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FLAGS, 0o600)
        try:
            os.write(handle, text.encode())  # at once, as a file is: nothing is left of half a line
        finally:
            os.close(handle)


def directory(path: Path) -> Path:
    """Create a directory for notes, replacing anything else in its place."""
    if not path.is_dir() or path.is_symlink():
        clear(path)
        files.directory(path)
    return path


def clear(path: Path) -> None:
    """Remove a file, a directory, or a link (not its target)."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def free(path: Path) -> Path:
    """The path, after anything there that is not a regular file has been removed. Who writes there writes privately."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            clear(path)
        elif mode & 0o077:
            path.chmod(0o600)
    return path


def left_by_init(data: Path) -> list[str]:
    """Notes of the engine in its own data directory that every command needs."""
    return [name for name in (_BACKEND, _INSTALLED) if os.path.lexists(data / name)]


def damaged(data: Path) -> list[Path]:
    """Files that the engine could not read in its own data directory and that `init` recreates."""
    found = [data / n for n in ("modules", "providers") if (data / n).exists() and not (data / n).is_dir()]
    for name, version, shape in ((_BACKEND, 3, dict), ("plugin_path", VERSION, list), (_INSTALLED, VERSION, dict)):
        path = data / name
        if os.path.lexists(path) and not (isinstance(note := read_json(path, version), shape) and note):
            found.append(path)
    return found


def _survey(directory: str, part: str) -> tuple[list[Path], list[Path]]:
    """(links that lead away, what is neither file nor directory): neither is ever made here."""
    links: list[Path] = []
    strange: list[Path] = []
    name = Path(directory).name
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_symlink():
                if name not in _MODULES:
                    links.append(Path(entry.path))
            elif entry.is_dir():
                passed = entry.name.partition("-")[0] in _LINKED or (name == _STACKS and entry.path != part)
                below = ([], []) if passed else _survey(entry.path, part)
                links += below[0]
                strange += below[1]
            elif not entry.is_file() and name != _DATA:  # there `damaged` has to see it
                strange.append(Path(entry.path))
    return links, strange


def _linked(*links: Path) -> NivisError:
    names = ", ".join(map(str, links))
    return NivisError.of(
        "A symbolic link in the work directory",
        f"{names}: what nivis and the engine write, delete or protect there would be what the link leads to. "
        "Nothing was touched.",
        f"Remove the link; what it leads to stays: rm {shlex.join(map(str, links))}",
    )
