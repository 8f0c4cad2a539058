"""A command of the engine's own that needs nothing of the flake: little is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nivis_tofu.system import process
from nivis_tofu.tofu.env import own_env


def run(exe: Path, argv: Sequence[str], directory: Path, env: Mapping[str, str]) -> int:
    """Run it on the terminal, in a directory as it is; its exit code."""
    return process.attached((str(exe), *argv), cwd=directory, env=own_env(env))
