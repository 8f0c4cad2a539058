from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project.workdir import Workspace


def chosen(data: Path, **env: str) -> str:
    place: Any = SimpleNamespace(folder=data / "spaces")
    space: Any = SimpleNamespace(tofu=SimpleNamespace(env=env), data=data, _place=place)
    return Workspace.current_workspace(space)


def test_the_workspace_of_the_environment_of_the_note_or_the_default(tmp_path: Path) -> None:
    assert chosen(tmp_path) == "default"
    (tmp_path / "spaces/dev").mkdir(parents=True)
    (tmp_path / "environment").write_text("dev\n")
    assert chosen(tmp_path) == "dev"
    assert chosen(tmp_path, TF_WORKSPACE="ci") == "ci"


@pytest.mark.parametrize(("note", "why"), [("../up", "is damaged"), ("gone", "there is no such workspace")])
def test_a_note_that_cannot_be_meant(tmp_path: Path, note: str, why: str) -> None:
    (tmp_path / "environment").write_text(note)
    with pytest.raises(NivisError, match="The selected workspace is not known") as error:
        chosen(tmp_path)
    assert why in error.value.diagnostics[0].detail
