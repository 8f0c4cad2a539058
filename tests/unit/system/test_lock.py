"""The lock of a run, between real processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nivis_tofu.system.lock import held

HOLD = (
    "import pathlib, sys, time\n"
    "from nivis_tofu.system.lock import held\n"
    "with held(pathlib.Path(sys.argv[1])):\n"
    "    print('got it', flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "got it\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_one_is_refused_at_once_and_the_kernel_frees_it(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    told: list[str] = []
    with pytest.raises(TimeoutError), held(tmp_path / "lock", on_wait=lambda: told.append("waits")):
        raise AssertionError("both have it")
    assert told == []  # it did not wait
    with pytest.raises(TimeoutError), held(tmp_path / "lock", 0.15, lambda: told.append("waits")):
        raise AssertionError("both have it")
    assert told == ["waits"]
    other.kill()
    started = time.monotonic()
    with held(tmp_path / "lock", 30, lambda: told.append("waits")):
        assert time.monotonic() - started < 20


def test_it_is_free_again_after_the_block_also_after_an_error(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with pytest.raises(KeyError), held(file):
        raise KeyError
    with held(file), pytest.raises(TimeoutError), held(file):  # one process is no exception
        raise AssertionError("both have it")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_child_that_outlives_the_holder_does_not_keep_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with held(file):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with held(file):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="lock"), held(tmp_path / "lock"):
        raise AssertionError
    assert not (tmp_path / "elsewhere").exists()


def test_who_waits_can_be_told_to_leave(tmp_path: Path) -> None:
    def leave() -> None:
        raise KeyError

    with held(tmp_path / "lock"), pytest.raises(KeyError), held(tmp_path / "lock", 60, check=leave):
        raise AssertionError("both have it")
