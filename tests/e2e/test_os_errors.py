"""What the operating system will not do is told as that: with the file, the reason, what to do. It is no bug of ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

FULL = Path("/dev/full")


def test_a_wrong_path(project: Project) -> None:
    """Other verbs and paths: tests/unit/cli/test_app.py."""
    result = (
        project.chain().run("plan", "-out", "/nonexist/P").fails("error: ", "/nonexist/P", "No such file or directory")
    )
    assert result.stdout == ""
    assert not (project.directory / ".nivis" / "bug.log").exists()


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("verb", ["plan", "plan --json", "graph", "--help", "state", "completion bash", "apply --json"])
def test_a_full_disk_under_stdout(project: Project, verb: str, unbuffered: str) -> None:
    env = {**project.chain().env, "PYTHONUNBUFFERED": unbuffered}
    with FULL.open("w") as full:
        done = subprocess.run(
            [NIVIS, *verb.split()], cwd=project.directory, env=env, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.endswith("No space left on device.\nhint: Free some space and run the command again.\n"), (
        done.stderr
    )
    assert "error: A file cannot be read or written\n  standard output" in done.stderr
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_went_away(project: Project) -> None:
    """The end of a pipe that nobody reads: no word, and not the exit code of a broken interpreter."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [NIVIS, "completion", "bash"],
            cwd=project.directory,
            env=project.env,
            stdout=writing,
            stderr=subprocess.PIPE,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
