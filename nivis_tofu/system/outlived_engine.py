"""An engine that outlived its nivis: killed outright, nivis leaves it alone so that it can save its state."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import process

TICK = 0.1


def await_end(
    root: Path, timeout: float, tell: Callable[[str], None], check: Callable[[], None] = lambda: None
) -> None:
    """Wait until it has ended. Raises NivisError after `timeout` seconds; what `check` raises ends the waiting."""
    pid = process.outlived(root)
    if pid is None:
        return
    if timeout:
        tell(f"waiting for the engine of a run that was killed (process {pid})")
    deadline = time.monotonic() + timeout
    while process.outlived(root) is not None:
        if time.monotonic() >= deadline:
            raise NivisError.of(
                "An engine is still at work",
                f"An earlier run was killed; its engine (process {pid}) goes on alone and is going to write the "
                "state. Nothing was done.",
                f"Wait for it to end, here with `--lock-timeout 5m`. `kill {pid}` asks it to stop and save its state.",
            )
        check()
        time.sleep(TICK)
