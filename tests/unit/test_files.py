"""Private files and the lock of a run."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nivis_tofu.errors import NivisError
from nivis_tofu.files import run_lock, work_directory, write_atomic, write_if_changed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_write_atomic(tmp_path: Path) -> None:
    path = tmp_path / "new/file"
    write_atomic(path, "a\r\né")
    assert path.read_bytes() == "a\r\né".encode()
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_write_if_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_if_changed(path, "a\n")
    assert not write_if_changed(path, "a\n")
    assert write_if_changed(path, "a\r\n")
    assert not write_if_changed(path, "a\r\n")
    path.write_bytes(b"\xff\xfe garbage")
    assert write_if_changed(path, "a\n")


def test_work_directory(tmp_path: Path) -> None:
    path = work_directory(tmp_path)
    assert mode(path) == 0o700
    assert (path / ".gitignore").read_text() == "*\n"
    path.chmod(0o755)
    assert mode(work_directory(tmp_path)) == 0o700


def test_the_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nivis_tofu.files import run_lock\n"
        f"with run_lock(Path({str(tmp_path)!r}), 'nivis apply', 1): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdin
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(NivisError, match="Another run") as error, run_lock(tmp_path, "nivis plan", 0.1):
        pass
    assert f"`nivis apply` (process {holder.pid}, " in error.value.diagnostics[0].detail
    holder.kill()
    holder.communicate()
    with run_lock(tmp_path, "nivis plan", 1):
        assert (tmp_path / "lock.json").exists()
    assert not (tmp_path / "lock.json").exists()


def test_a_broken_note_about_the_holder_is_no_crash(tmp_path: Path) -> None:
    with run_lock(tmp_path, "nivis apply", 1):
        (tmp_path / "lock.json").write_bytes(b"[1")
        with pytest.raises(NivisError) as error, run_lock(tmp_path, "nivis plan", 0):
            pass
        assert "another nivis process" in error.value.diagnostics[0].detail
