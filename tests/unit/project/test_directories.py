"""Where the files of a project lie, and what is written for the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.ir.model import IR
from nivis_tofu.project.directories import Directories
from nivis_tofu.render.module import Module
from nivis_tofu.tofu.client import Tofu


def directories(project: Path, **given: object) -> Directories:
    root = project / ".nivis"
    root.mkdir(parents=True, exist_ok=True)
    tofu = Tofu(project / "tofu", "tofu", root / "work", {})
    return Directories(project, root, project / "nivis.state.json", tofu, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "written"),
    [("./net", "./net"), ("../net", "../net"), ("registry/net/aws", "registry/net/aws"), ("/abs/net", "/abs/net")],
)
def test_a_module_source_is_relative_to_where_the_engine_runs(tmp_path: Path, source: str, written: str) -> None:
    assert directories(tmp_path / "p").module_source(source) == written


def test_what_is_rendered_for_another_directory_is_relative_to_that_one(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    with here.rendering_for(tmp_path / "p" / "out" / "deep"):
        assert here.module_source("./net") == "../../net"
    assert here.module_source("./net") == "./net"


def test_the_target_is_put_back_after_an_error(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    with pytest.raises(ValueError, match="x"), here.rendering_for(tmp_path):
        raise ValueError("x")
    assert here.target == tmp_path / "p"


def test_a_file_that_is_not_needed_any_more_goes(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    here.write(Module({"locals": {}}, {"s": "secret"}))
    assert "secret" in (here.work / "nivis.auto.tfvars.json").read_text()
    assert (here.work / "nivis.auto.tfvars.json").stat().st_mode & 0o077 == 0
    here.write(Module({"locals": {}}, {}))
    assert not (here.work / "nivis.auto.tfvars.json").exists()
    assert (here.work / "main.tf.json").exists()


def test_a_preview_is_written_apart(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    assert here.write(Module({}, {}), preview=True) == here.preview
    assert not (here.work / "main.tf.json").exists()


def test_the_users_entries_are_linked_without_the_configuration_files(tmp_path: Path) -> None:
    here = directories(tmp_path / "p")
    (here.project / "data.txt").write_text("d")
    (here.project / "old.tf").write_text("")
    here.write(Module({}, {}))
    assert (here.work / "data.txt").read_text() == "d"
    assert not (here.work / "old.tf").exists()


@pytest.mark.parametrize("given", [{"force_local": True}, {"state_chosen": True}])
def test_a_state_that_was_asked_for_is_a_chosen_one(tmp_path: Path, given: dict[str, bool]) -> None:
    assert directories(tmp_path / "p", **given).place(IR({}, {}, {})).chosen
    assert not directories(tmp_path / "p").place(IR({}, {}, {})).chosen


def test_the_data_directory_of_the_user_is_taken(tmp_path: Path) -> None:
    assert directories(tmp_path / "p", data_given=tmp_path / "d").data == tmp_path / "d"
    assert directories(tmp_path / "p").data == tmp_path / "p" / ".nivis" / "terraform"
