"""Runs `nivis` in this process and writes down what it alone took: `python measured.py FILE ARGUMENT…`."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path


def main() -> None:
    target, sys.argv = sys.argv[1], ["nivis", *sys.argv[2:]]
    try:
        from nivis_tofu.cli.main import main as nivis

        nivis()
    finally:
        own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        found = {
            "own": own.ru_utime + own.ru_stime,
            "others": others.ru_utime + others.ru_stime,
            "memory": peak(),
            "engine": others.ru_maxrss / 1024,
        }
        Path(target).write_text(json.dumps(found), encoding="utf-8")


def peak() -> float:
    """The most memory that this program had, in MB.

    `ru_maxrss` counts what the process was before it became this program, which may be the larger one.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    found = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return int(found or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


if __name__ == "__main__":
    main()
