"""What a command costs before it does anything."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.e2e.project import NIVIS

LIMIT = 0.1


def startup(env: Mapping[str, str], rounds: int) -> bool:
    """Print the cost of `--version` and of loading what `plan` loads; True if the first is too high."""
    commands: dict[str, Sequence[str | Path]] = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "nivis --version": (NIVIS, "--version"),
        "nivis plan --help": (NIVIS, "plan", "--help"),
        "imports of a run": (sys.executable, "-c", "import nivis_tofu.run.loop, nivis_tofu.cli.app"),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(2 * rounds):
        for name, argv in commands.items():
            start = time.monotonic()
            subprocess.run(argv, env=env, check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.monotonic() - start)
    bare = median(taken["python -c pass"])
    print("start-up             [ms]  over bare Python")
    for name, seconds in taken.items():
        print(f"{name:18} {1000 * median(seconds):6.0f} {1000 * (median(seconds) - bare):8.0f}")
    # The fastest of all rounds: a noisy second is not ours.
    late = min(taken["nivis --version"]) - min(taken["python -c pass"]) > LIMIT
    if late:
        print(f"         --version takes more than {LIMIT} s", file=sys.stderr)
    return late
