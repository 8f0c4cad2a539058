"""How much memory the processes of a run may take together, as far as this machine tells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def available(root: Path = ROOT) -> int:
    """Bytes that are free or soon would be, and not more than a container or a service may have; 0: nothing tells.

    `root`: where the system's files are.
    """
    limits = (_number(path) for path in _limits(root))
    return min([_free(root), *(limit for limit in limits if limit)])


def _free(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024
    except (OSError, ValueError, IndexError, StopIteration):
        pass
    try:  # macOS has no such file: half of all there is
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (OSError, ValueError):
        return 0


def _limits(root: Path) -> Iterator[Path]:
    """Files with the limits of the control groups that this process is in: version 1, then version 2."""
    groups = root / "sys/fs/cgroup"
    yield groups / "memory/memory.limit_in_bytes"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except (OSError, ValueError):
        lines = []
    names = (line.removeprefix("0::") for line in lines if line.startswith("0::"))
    own = groups / next(names, "").strip("/")
    yield from (group / "memory.max" for group in (own, *own.parents) if group.is_relative_to(groups))


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # there is no such file, or no limit: `max`
        return 0
