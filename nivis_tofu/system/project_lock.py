"""The lock of a project: one run at a time, and whoever comes second is told who holds it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import ProjectLocked
from nivis_tofu.system import lock, notes


@contextlib.contextmanager
def run_lock(
    work: Path,
    command: str,
    timeout: float,
    tell: Callable[[str], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold the lock of a run. Raises NivisError saying who holds it. The kernel frees it when the process dies.

    `check`: what it raises ends the waiting.
    """
    holder = work / "lock.json"
    on_wait = lambda: tell(f"waiting for the lock of this project, held by {_holder(holder)}")  # noqa: E731
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.held(notes.free(work / "lock"), timeout, on_wait, check))
        except TimeoutError:
            raise ProjectLocked.of(
                "Another run is in progress",
                f"The lock of this project is held by {_holder(holder)}.",
                "Wait for it to end, or wait here with `--lock-timeout 5m`.",
            ) from None
        stack.callback(holder.unlink, missing_ok=True)
        info = {
            "command": command,
            "pid": os.getpid(),
            "user": _user(),
            "host": os.uname().nodename,
            "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        }
        notes.write(holder, json_text.dumps(info))
        yield


def _holder(file: Path) -> str:
    try:
        who = notes.read_json(file)
        return f"`{who['command']}` (process {who['pid']}, {who['user']}@{who['host']}) since {who['since']}"
    except (KeyError, TypeError):
        return "another nivis process"


def _user() -> str:
    import getpass  # slow to load

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in a container
        return str(os.getuid())
