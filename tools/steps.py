"""What the set-up steps share: talking, running a command while showing life, installing a system package."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

BEAT = 5.0
"""Seconds between two signs of life."""
TAIL = 30
"""Lines of output shown when a command fails."""


class SetupError(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    print(text, flush=True)


def elapsed(since: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - since), 60)
    return f"{minutes}m{seconds:02d}s" if minutes else f"{seconds}s"


def run_alive(
    argv: Sequence[str | Path],
    label: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    progress: Callable[[list[str]], str] = lambda _: "",
) -> None:
    """Run to the end, with a line every few seconds; a failure raises with the end of the output.

    `progress` turns the lines seen so far into a few words.
    """
    lines: list[str] = []
    started = time.monotonic()
    with subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=env,
        cwd=cwd,
    ) as child:
        assert child.stdout is not None
        reader = threading.Thread(target=lines.extend, args=(child.stdout,), daemon=True)
        reader.start()
        while True:
            reader.join(BEAT)
            if not reader.is_alive():
                break
            words = progress(lines[:])
            say(f"   {label}: {elapsed(started)}{', ' + words if words else ''}")
        code = child.wait()
    if code != 0:
        tail = "".join(deque(lines, TAIL)).rstrip()
        raise SetupError(f"{label} failed (`{argv[0]}` exited with {code}):\n{tail}")
    say(f"   {label}: done in {elapsed(started)}")


def output_of(argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
    """stdout of a quick command, empty if it fails or is not there."""
    try:
        done = subprocess.run(
            [str(part) for part in argv], capture_output=True, text=True, env=env, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def apt_install(package: str) -> bool:
    """Install a Debian package as root or by passwordless sudo; False where that is not possible."""
    if not shutil.which("apt-get"):
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
            return False
        prefix = ["sudo", "-n"]
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    install = [*quiet, "install", package]
    try:
        run_alive(install, f"apt-get install {package}")
    except SetupError:
        # A fresh container has no package lists; they are fetched only when they turn out to be missing.
        try:
            run_alive([*quiet, "update"], "apt-get update")
            run_alive(install, f"apt-get install {package}")
        except SetupError as error:
            say(f"   {error}")
            return False
    return True
