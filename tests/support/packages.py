"""Programs that tests use for real; on Debian a missing one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def install(package: str) -> None:
    """Install a Debian package; an error that says what to do where that cannot be."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        raise RuntimeError(f"a test needs the package `{package}`, which is not installed")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Two tests may want to install something at the same time.
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "APT::Get::Lock::Timeout=300"]
    subprocess.run([*apt, "update"], check=True, env=env, stdout=subprocess.DEVNULL)
    command = [*apt, "install", "-y", "--no-install-recommends", package]
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)


def graphviz() -> Path:
    """The directory of `dot`."""
    if not shutil.which("dot"):
        install("graphviz")
    found = shutil.which("dot")
    assert found, "the package brought no dot"
    return Path(found).parent
