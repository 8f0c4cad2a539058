"""Commands as forks of one process that has loaded nivis already: Python's start is most of what a short one costs.

A fork has its own process id, signals, umask, working directory, environment and streams, so that the command cannot
tell; only what it would have loaded by itself is there before. What is about that is run as a process of its own.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_DECIDED_AT_START = ("PYTHON", "LC_", "LANG")
"""Begins the variables that Python reads only when it starts."""
_STREAMS = 3


class Warm:
    """The process that is forked. One command at a time."""

    def __init__(self) -> None:
        self.settings = _settings(os.environ)
        self.channel, theirs = socket.socketpair()
        code = f"from tests.e2e.warm import serve; serve({theirs.fileno()})"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # as a command's own: a pipe
            stderr=subprocess.PIPE,
        )
        theirs.close()
        self.replies = self.channel.makefile("r")
        self.busy = threading.Lock()

    def fits(self, env: Mapping[str, str]) -> bool:
        """Would a command with this environment start as this process has?"""
        return _settings(env) == self.settings

    def run(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], typed: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run`, with the streams captured."""
        wanted = {"argv": list(argv), "cwd": str(cwd), "env": dict(env)}
        with self.busy:
            pipes = [os.pipe() for _ in range(_STREAMS)]
            given = [pipes[0][0], pipes[1][1], pipes[2][1]]
            socket.send_fds(self.channel, [json.dumps(wanted).encode() + b"\n"], given)
            for fd in given:
                os.close(fd)
            texts = ["", ""]
            readers = [
                threading.Thread(target=_drain, args=(os.fdopen(pipe[0]), texts, i)) for i, pipe in enumerate(pipes[1:])
            ]
            for reader in readers:
                reader.start()
            pid = int(self.replies.readline())
            _type(pipes[0][1], typed)
            until = time.monotonic() + timeout
            for reader in readers:
                reader.join(until - time.monotonic())
            if late := any(reader.is_alive() for reader in readers):
                os.kill(pid, signal.SIGKILL)
            code = int(self.replies.readline())
        if late:
            raise subprocess.TimeoutExpired(list(argv), timeout)
        return subprocess.CompletedProcess(list(argv), code, *texts)

    def close(self) -> None:
        self.replies.close()
        self.channel.close()
        self.process.communicate()


@functools.cache
def warm() -> Warm:
    """The one of this process; it ends with us."""
    started = Warm()
    atexit.register(started.close)
    return started


def _settings(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_DECIDED_AT_START)}


def _drain(stream: IO[str], texts: list[str], place: int) -> None:
    with stream:
        texts[place] = stream.read()


def _type(fd: int, text: str) -> None:
    with os.fdopen(fd, "w") as stream:
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError:  # it ended without reading
            os.dup2(os.open(os.devnull, os.O_WRONLY), fd)


def serve(number: int) -> None:
    """What the process does: fork for each request, until the other end is closed."""
    import nivis_tofu

    for module in pkgutil.walk_packages(nivis_tofu.__path__, "nivis_tofu."):
        # grpc is not made to be forked; the verbs that want it load it themselves.
        if not module.name.endswith("__main__") and not module.name.startswith("nivis_tofu.functions"):
            importlib.import_module(module.name)
    for name in ("rich.console", "rich.live", "yaml", "getpass", "json", "secrets", "uuid", "platform"):
        importlib.import_module(name)
    gc.freeze()
    channel = socket.socket(fileno=number)
    while True:
        data, streams, *_ = socket.recv_fds(channel, 1 << 16, _STREAMS)
        while data and not data.endswith(b"\n"):
            data += channel.recv(1 << 16)
        if not data:
            return
        if not (pid := os.fork()):
            channel.close()
            _become(json.loads(data), streams)
            return
        for fd in streams:
            os.close(fd)
        channel.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        channel.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(wanted: Mapping[str, object], streams: Sequence[int]) -> None:
    """The command, in the fork; ends as it ends."""
    from nivis_tofu.cli.main import main

    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    os.environ.clear()
    os.environ.update(wanted["env"])  # type: ignore[call-overload]
    time.tzset()
    os.chdir(str(wanted["cwd"]))
    sys.argv = list(wanted["argv"])  # type: ignore[call-overload]
    main()
