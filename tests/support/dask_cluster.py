"""A Dask scheduler and workers as processes of their own on this machine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_DASK = Path(sys.executable).with_name("dask")


@dataclass
class Machines:
    """`workers`: the processes by name."""

    directory: Path
    env: Mapping[str, str]
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    scheme: str = "tcp"

    @property
    def note(self) -> Path:
        return self.directory / "scheduler.json"

    @property
    def address(self) -> str:
        import json

        return str(json.loads(self.note.read_text())["address"])

    def start(self, role: str, name: str, *more: str) -> subprocess.Popen[bytes]:
        with (self.directory / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [
                    _DASK,
                    role,
                    "--scheduler-file",
                    str(self.note),
                    "--no-dashboard",
                    "--host",
                    f"{self.scheme}://127.0.0.1",
                    *more,
                ],
                cwd=self.directory,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def worker(self, name: str) -> None:
        more = ("--no-nanny", "--nthreads", "1", "--name", name, "--local-directory", str(self.directory / name))
        self.workers[name] = self.start("worker", name, *more)

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.directory.glob("*.log")))


@contextlib.contextmanager
def machines(directory: Path, env: Mapping[str, str], workers: int = 3) -> Iterator[Machines]:
    """A cluster, until the block ends."""
    directory.mkdir()
    found = Machines(directory, {**os.environ, **env})
    scheduler = found.start("scheduler", "scheduler", "--port", "0")
    try:
        _wait(found, lambda: found.note.exists())
        for number in range(workers):
            found.worker(f"worker{number}")
        _wait(found, lambda: found.logs().count("Registered to:") >= workers)
        yield found
    finally:
        for process in (*found.workers.values(), scheduler):
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:  # one whose scheduler went first may wait for it
        process.kill()
        process.wait()


def _wait(found: Machines, condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, found.logs()
        time.sleep(0.05)
