"""Where the files of a project lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.project.directories import Directories


def directories(project: Path, **given: object) -> Directories:
    return Directories.made(project, project / ".nivis", project / "nivis.state.json", **given)


def test_directories_are_made_where_they_are_missing(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    assert here.work.is_dir()
    assert here.preview.is_dir()
    assert directories(tmp_path / "p").work == here.work


def test_a_directory_in_the_place_of_a_plan_goes(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    (here.root / "phase.tfplan").mkdir()
    assert here.plan_file == here.root / "phase.tfplan"
    assert not here.plan_file.exists()


@pytest.mark.parametrize("given", [{"force_local": True}, {"state_chosen": True}])
def test_a_state_that_was_asked_for_is_a_chosen_one(tmp_path: Path, given: dict[str, bool]) -> None:
    assert directories(tmp_path / "p", **given).default.chosen
    assert not directories(tmp_path / "p").default.chosen


def test_the_data_directory_of_the_user_is_taken(tmp_path: Path) -> None:
    assert directories(tmp_path / "p", data_given=tmp_path / "d").data == tmp_path / "d"
    assert directories(tmp_path / "p").data == tmp_path / "p" / ".nivis" / "terraform"
