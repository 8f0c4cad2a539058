"""A project in a temporary directory and the installed `nivis`, run the way a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.project import Project


@pytest.fixture
def project(tmp_path: Path, tofu_exe: Path) -> Project:
    """An empty directory with a space and a non-ASCII letter in its name: what works there works anywhere."""
    directory = tmp_path / "a projéct"
    directory.mkdir()
    return Project(directory, tofu_exe)
