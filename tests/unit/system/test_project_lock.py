"""The lock of a project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system.project_lock import run_lock


def test_the_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nivis_tofu.system.project_lock import run_lock\n"
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


@pytest.mark.parametrize("text", ["[1", "3", "[]", "null", "{}"])
def test_a_broken_note_about_the_holder_is_no_crash(tmp_path: Path, text: str) -> None:
    with run_lock(tmp_path, "nivis apply", 1):
        (tmp_path / "lock.json").write_text(text)
        with pytest.raises(NivisError) as error, run_lock(tmp_path, "nivis plan", 0):
            pass
        assert "another nivis process" in error.value.diagnostics[0].detail
