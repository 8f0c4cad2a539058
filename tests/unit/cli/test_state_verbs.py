from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli import state_verbs
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError


def bound(root: Path) -> Any:
    return SimpleNamespace(session=SimpleNamespace(workdir=SimpleNamespace(project=root, root=root)))


def test_a_file_is_relative_to_the_project(tmp_path: Path) -> None:
    with state_verbs._readable(bound(tmp_path), Path("x.json")) as found:
        assert found == tmp_path / "x.json"


def test_a_terminal_has_no_state_to_push(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(NivisError, match="No state to push"), state_verbs._readable(bound(tmp_path), Path("-")):
        pass


def test_what_is_piped_lies_in_a_file_only_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"state")))
    with state_verbs._readable(bound(tmp_path), Path("-")) as found:
        assert found.read_bytes() == b"state"
    assert list(tmp_path.iterdir()) == []


def test_two_files_are_one_too_many() -> None:
    with pytest.raises(NivisError, match="FILE and --in exclude each other"):
        state_verbs.state_push(Common(), Path("a"), Path("b"))
