"""All that is missing is named at once, and an engine only where one is needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nivis_tofu.api import tools
from nivis_tofu.api.request import RunRequest
from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import locate


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment without any program, on a machine without Nix's own profiles."""
    monkeypatch.setattr(locate, "PROFILES", ())
    return {"PATH": str(tmp_path), "HOME": str(tmp_path)}


def test_everything_that_is_missing_is_named_at_once(nothing: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "project"
    subprocess.run(["git", "init", "-q", project], check=True)
    with pytest.raises(NivisError) as caught:
        tools.found_tools(RunRequest(project, nothing), engine=True)
    summaries = [d.summary for d in caught.value.diagnostics]
    assert summaries == ["OpenTofu is not installed", "Nix is not installed", "git is not installed"]
    assert all(d.hint for d in caught.value.diagnostics)
    assert "make" not in " ".join(d.hint for d in caught.value.diagnostics).split()


def test_outside_git_nobody_needs_git(nothing: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(NivisError) as caught:
        tools.found_tools(RunRequest(tmp_path, nothing), engine=False)
    assert [d.summary for d in caught.value.diagnostics] == ["Nix is not installed"]


def test_without_need_a_missing_engine_is_told_when_it_is_asked(nothing: dict[str, str], tmp_path: Path) -> None:
    nix = tmp_path / "nix"
    nix.write_text("")
    nix.chmod(0o755)
    found = tools.found_tools(RunRequest(tmp_path, nothing), engine=False)
    assert found.nix == nix
    assert found.absent is not None
    assert "nivis setup" in found.absent.diagnostics[0].hint
