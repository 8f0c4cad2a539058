"""A fork of the warm process is what a process of its own is: streams, codes, environment, directory, signals."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.e2e.warm import Warm


@pytest.mark.nix
def test_it_is_as_a_process_of_its_own(project: Project) -> None:
    ways = [Project(project.directory, project.tofu, forks=forks) for forks in (False, True)]
    lines = [["plan"], ["nonsense"], ["state", "list", "--json"], ["force-unlock", "-h"], ["plan", "--var", "x"]]
    for line in lines:
        own, fork, again = ways[0].run(*line), ways[1].run(*line), ways[1].run(*line)
        assert own == fork == again
        assert own.stdout + own.stderr


def test_its_settings_and_its_end(tmp_path: Path) -> None:
    warm = Warm()
    try:
        env = {**os.environ, "NIVIS_LOG": "nonsense"}
        done = warm.run(["nivis", "plan"], tmp_path, env, "", 60)
        assert (done.returncode, done.stdout) == (1, "")
        assert "nonsense" in done.stderr
        env["NIVIS_LOG"] = "quiet"
        (tmp_path / "flake.nix").write_text("{ outputs = _: { nivis.plan = 1; }; }")
        (tmp_path / "nix").write_text("#!/bin/sh\npwd >&2; cat >&2; umask >&2; kill -TERM $PPID; exec sleep 60\n")
        (tmp_path / "nix").chmod(0o755)
        env["PATH"] = f"{tmp_path}:{env['PATH']}"
        done = warm.run(["nivis", "plan"], tmp_path, env, "typed", 60)
        assert done.returncode == 143, done
        (tmp_path / "nix").write_text("#!/bin/sh\nexec sleep 2\n")
        with pytest.raises(subprocess.TimeoutExpired):
            warm.run(["nivis", "plan"], tmp_path, env, "", 0.5)
        assert warm.run(["nivis", "--version"], tmp_path, env, "", 60).returncode == 0
        assert not warm.fits({**env, "LC_ALL": "C"})
    finally:
        warm.close()
    assert warm.process.returncode == 0
