"""`nivis` that dies, is interrupted or finds the disk full at the n-th time that it touches a file or starts a process.

CAMPAIGN_DIE: {"at": 17, "action": "kill", "for": 3}; run as a script in place of `nivis`.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from typing import Any

CHANGES = {
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.chmod",
    "subprocess.Popen",
    "os.posix_spawn",
    "os.fork",
}
PROCESSES = {"subprocess.Popen", "os.posix_spawn", "os.fork"}
SIGNALS = {"kill": signal.SIGKILL, "int": signal.SIGINT, "term": signal.SIGTERM, "hup": signal.SIGHUP}


class Hook:
    """Counts what this process is about to do, and stops it where it is told to."""

    def __init__(self, at: int, action: str, length: int) -> None:
        self.at, self.action, self.length, self.count = at, action, length, 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and writes(args)):
            self.count += 1
            if self.at <= self.count < self.at + self.length:
                self.act(event)

    def act(self, event: str) -> None:
        if self.action in SIGNALS:
            os.kill(os.getpid(), SIGNALS[self.action])
        elif event in PROCESSES:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        elif event not in ("os.remove", "os.rmdir"):
            number = errno.ENOSPC if self.action == "disk" else errno.EACCES
            raise OSError(number, os.strerror(number))


def writes(args: tuple[Any, ...]) -> bool:
    path, _, flags = args
    return isinstance(path, str | bytes) and bool(flags & (os.O_WRONLY | os.O_RDWR)) and str(path) != os.devnull


def main() -> None:
    from nivis_tofu.cli.main import main as nivis

    wanted = json.loads(os.environ.pop("CAMPAIGN_DIE"))
    sys.argv[0] = "nivis"
    sys.addaudithook(Hook(wanted["at"], wanted["action"], wanted["for"]))
    nivis()


if __name__ == "__main__":
    main()
