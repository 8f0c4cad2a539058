"""How much memory there is: machines, containers, services, and where nothing tells."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nivis_tofu.system.memory import available

GIB = 1 << 30
FREE = "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/meminfo": FREE}, 8 * GIB),
        ({"proc/meminfo": FREE, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 8 * GIB),
        ({"proc/meminfo": FREE, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{2 * GIB}\n"}, 2 * GIB),
        ({"proc/meminfo": FREE, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": f"{GIB}"}, GIB),
        ({"proc/meminfo": FREE, "proc/self/cgroup": "0::/a", "sys/fs/cgroup/b/memory.max": f"{GIB}"}, 8 * GIB),
        ({"proc/meminfo": FREE, "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ({"proc/meminfo": FREE, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"}, 8 * GIB),
        ({"proc/meminfo": FREE, "sys/fs/cgroup/memory.max": "damaged"}, 8 * GIB),
    ],
)
def test_what_the_system_says(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available(tmp_path) == expected


@pytest.mark.parametrize("text", ["", "MemAvailable:\n", "MemAvailable: some kB\n"])
def test_half_of_what_there_is_where_nothing_says_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(text)
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert available(tmp_path) == 500 * 4096

    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert available(tmp_path) == 0


def test_this_machine_has_some() -> None:
    assert available() > 0
