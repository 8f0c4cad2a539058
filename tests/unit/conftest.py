"""A project with a played engine; and how many examples a property is tried with: `make test-long` asks for `long`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from nivis_tofu.run import seal
from tests.support import played

# The ordinary run has the same examples each time: it is red for a change of the code and for nothing else.
settings.register_profile("ordinary", max_examples=15, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


# Temporary directories that are not of pytest lie where its own do: in memory, if `make unit` has found some.
tempfile.tempdir = os.environ.get("PYTEST_DEBUG_TEMPROOT") or None

# A seal is slow on purpose, and dozens of tests save plans; the ones of the seal itself need no slow one either.
seal.COST = 2**4


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> played.Play:
    return lambda flake: played.play(tmp_path, flake, monkeypatch)
