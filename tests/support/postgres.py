"""A PostgreSQL cluster of our own in a temporary directory, run by an unprivileged user, reachable by TCP."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.packages import install


def find_binaries() -> Path:
    """The directory of `initdb`; on Debian the package is installed if it is not there."""
    if not (found := _newest()):
        install("postgresql")
        found = _newest()
    assert found, "the package brought no initdb"
    return found


@contextlib.contextmanager
def cluster(directory: Path) -> Iterator[str]:
    """Start a server and give `postgres://user:password@host:port/name`; it ends with the block."""
    binaries = find_binaries()
    directory.mkdir()
    data, password = directory / "data", directory / "password"
    password.write_text(secrets.token_hex(8))
    user = _give_away(directory)
    run = _Runner(user, directory)
    run(binaries / "initdb", "-D", data, "-U", "nivis", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync")
    port = _free_port()
    options = f"-p {port} -h 127.0.0.1 -k {data} -c fsync=off"
    run(binaries / "pg_ctl", "-D", data, "-o", options, "-l", data / "log", "-w", "start")
    try:
        yield f"postgres://nivis:{password.read_text()}@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


class _Runner:
    def __init__(self, user: pwd.struct_passwd | None, cwd: Path) -> None:
        self.user, self.cwd = user, cwd

    def __call__(self, *argv: str | Path) -> None:
        as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        done = subprocess.run(
            list(map(str, argv)), cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, check=False, **as_user,  # type: ignore[call-overload]
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _newest() -> Path | None:
    if exe := shutil.which("initdb"):
        return Path(exe).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name))
    return found[-1].parent if found else None


def _give_away(directory: Path) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then the directory is given to its own user, or to nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    for path in (directory, *directory.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return user


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
