"""What is written for the engine, and where it is found from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.project import settled
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.module_files import module_source, write
from nivis_tofu.render.module import Module


@pytest.fixture
def here(tmp_path: Path) -> Directories:
    project = tmp_path / "p"
    return Directories.made(project, project / ".nivis", project / "nivis.state.json")


def put(here: Directories, module: Module) -> None:
    write(module, here.work, here, settled.first(here))


@pytest.mark.parametrize(
    ("source", "written"),
    [("./net", "./net"), ("../net", "../net"), ("registry/net/aws", "registry/net/aws"), ("/abs/net", "/abs/net")],
)
def test_a_module_source_is_relative_to_where_the_engine_runs(source: str, written: str) -> None:
    assert module_source(source, Path("/p"), Path("/p")) == written


def test_what_is_rendered_for_another_directory_is_relative_to_that_one() -> None:
    assert module_source("./net", Path("/p"), Path("/p/out/deep")) == "../../net"


def test_a_file_that_is_not_needed_any_more_goes(here: Directories) -> None:
    put(here, Module({"locals": {}}, {"s": "secret"}))
    assert "secret" in (here.work / "nivis.auto.tfvars.json").read_text()
    assert (here.work / "nivis.auto.tfvars.json").stat().st_mode & 0o077 == 0
    put(here, Module({"locals": {}}, {}))
    assert not (here.work / "nivis.auto.tfvars.json").exists()
    assert (here.work / "main.tf.json").exists()


def test_the_users_entries_are_linked_without_the_configuration_files(here: Directories) -> None:
    (here.project / "data.txt").write_text("d")
    (here.project / "old.tf").write_text("")
    put(here, Module({}, {}))
    assert (here.work / "data.txt").read_text() == "d"
    assert not (here.work / "old.tf").exists()
