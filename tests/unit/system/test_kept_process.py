"""A process that is kept: its lines, its end, and that it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system.kept_process import KeptProcess

WAIT = 20.0


def kept(code: str, tmp_path: Path) -> KeptProcess:
    return KeptProcess([sys.executable, "-c", code], cwd=tmp_path, env={"PATH": os.environ["PATH"]})


def test_lines_until_the_end(tmp_path: Path) -> None:
    process = kept("import sys; print('out' * 10**6); print('a\\nb', file=sys.stderr); sys.stderr.write('c')", tmp_path)
    assert [process.line(WAIT) for _ in range(5)] == ["a", "b", "c", None, None]
    process.close()
    assert process.ended


def test_silence_is_a_timeout_and_close_ends_it(tmp_path: Path) -> None:
    process = kept("import time; time.sleep(60)", tmp_path)
    with pytest.raises(TimeoutError):
        process.line(0.05)
    assert not process.ended
    process.close()
    assert process.ended
    process.close()


def test_it_does_not_outlive_us(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from nivis_tofu.system.kept_process import KeptProcess
kept = KeptProcess(["/bin/sh", "-c", "echo $$ >&2; exec sleep 60"], cwd=Path("."), env=dict(os.environ))
print(kept.line(20), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    until = time.monotonic() + WAIT
    while alive(int(done.stdout)):
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"  # nobody may have waited for it


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="could not be started"):
        KeptProcess([str(tmp_path / "none")], cwd=tmp_path, env={})
