"""Files: atomic private writes, the work directory, the lock of a run."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nivis_tofu import jsontext
from nivis_tofu.errors import NivisError


def private_umask() -> None:
    """Everything that this process and its children create is for the user alone."""
    os.umask(0o077)


def read_text(path: Path, problem: str) -> str:
    """A file that the user named. Raises NivisError under the heading `problem`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NivisError.of(problem, f"{path}: {reason}.") from None


def read_note(path: Path) -> Any:
    """What a JSON file says that one can do without: None where it is missing or damaged."""
    try:
        return jsontext.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_atomic(path: Path, text: str) -> None:
    """Replace a file by a 0600 one in one step; readers see the old text or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, text: str) -> bool:
    """Write unless the file holds this text already; True if it was written."""
    try:
        if path.read_bytes() == text.encode():
            return False
    except OSError:
        pass
    write_atomic(path, text)
    return True


def work_directory(project: Path) -> Path:
    """`.nivis/` of a project: 0700, ignored by git, deletable at any time."""
    path = project / ".nivis"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    write_if_changed(path / ".gitignore", "*\n")
    return path


@contextlib.contextmanager
def run_lock(work: Path, command: str, timeout: float, tell: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lock of a run; the second one is told who holds it. The kernel frees it when we die."""
    from filelock import FileLock, Timeout  # slow to load, and needed only by what takes the lock

    holder = work / "lock.json"
    lock = FileLock(work / "lock")
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not timeout:
                raise
            tell(f"waiting for the lock of this project, held by {_holder(holder)}")
            lock.acquire(timeout=timeout)
    except Timeout:
        raise NivisError.of(
            "Another run is in progress",
            f"The lock of this project is held by {_holder(holder)}.",
            "Wait for it to end, or wait here with `--lock-timeout 5m`.",
        ) from None
    try:
        info = {
            "command": command,
            "pid": os.getpid(),
            "user": _user(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        }
        write_atomic(holder, jsontext.dumps(info))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(file: Path) -> str:
    try:
        who = jsontext.loads(file.read_text(encoding="utf-8"))
        return f"`{who['command']}` (process {who['pid']}, {who['user']}@{who['host']}) since {who['since']}"
    except (OSError, ValueError, KeyError):
        return "another nivis process"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in a container
        return str(os.getuid())
