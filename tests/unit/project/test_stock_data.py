"""What stock OpenTofu noted in its own data directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.project import backends, stock_data
from nivis_tofu.project.backends import Backend
from nivis_tofu.project.stock_data import Recorded


def noted(directory: Path, document: Any) -> Recorded | None:
    (directory / ".terraform").mkdir(exist_ok=True)
    (directory / ".terraform/terraform.tfstate").write_text(json.dumps(document))
    return stock_data.backend(directory)


def test_a_backend_with_what_was_set(tmp_path: Path) -> None:
    config = {"bucket": "b", "key": "k", "encrypt": True, "endpoints": [], "region": None, "assume_role": {}}
    found = noted(tmp_path, {"version": 3, "backend": {"type": "s3", "config": config}})
    assert found == Recorded(tmp_path, "s3", {"bucket": "b", "key": "k", "encrypt": True})
    assert found.file is None
    assert found.may_have_state


@pytest.mark.parametrize(
    "document",
    [{}, [], None, {"version": 3}, {"backend": None}, {"backend": {"type": "s3"}}, {"backend": {"type": 1, "config": {}}},
     {"version": 99, "backend": {"type": "s3", "config": {}}}],
    ids=str,
)  # fmt: skip
def test_nothing_that_can_be_read(tmp_path: Path, document: Any) -> None:
    assert noted(tmp_path, document) is None


def test_a_local_file_is_relative_to_the_directory(tmp_path: Path) -> None:
    assert Recorded(tmp_path, "local", {}).file == tmp_path / "terraform.tfstate"
    found = Recorded(tmp_path, "local", {"path": "x/y.tfstate"})
    assert found.file == tmp_path / "x/y.tfstate"
    assert not found.may_have_state
    (tmp_path / "x").mkdir()
    (tmp_path / "x/y.tfstate").write_text('{"resources": [{}]}')
    assert found.may_have_state


def backend(kind: str, *given: str, **settings: Any) -> Backend:
    return Backend(kind, settings, given=given)


@pytest.mark.parametrize(
    ("place", "same"),
    [
        (backend("s3", bucket="b"), True),
        (backend("s3", bucket="b", key="other"), False),
        (backend("s3", "key=k", bucket="b"), True),
        (backend("s3", "key=other"), False),
        (backend("s3", encrypt=True), True),
        (backend("s3", encrypt=False), False),
        (backend("s3", bucket=None), True),
        (backend("gcs", bucket="b"), False),
    ],
    ids=str,
)
def test_is_it_the_declared_place(tmp_path: Path, place: Backend, same: bool) -> None:
    assert Recorded(tmp_path, "s3", {"bucket": "b", "key": "k", "encrypt": True}).is_at(place) is same


def test_local_places_are_compared_by_file(tmp_path: Path) -> None:
    there = Recorded(tmp_path, "local", {"path": "a.tfstate"})
    assert there.is_at(backends.default(tmp_path / "a.tfstate", tmp_path))
    assert not there.is_at(backends.default(tmp_path / "b.tfstate", tmp_path))


def test_what_the_declaration_leaves_open(tmp_path: Path) -> None:
    found = Recorded(tmp_path, "s3", {"bucket": "b", "key": "k", "encrypt": True})
    assert found.missing_in(backend("s3", bucket="b")) == ("encrypt=true", "key=k")


def test_as_this_projects_own_earlier_backend(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    found = Recorded(tmp_path, "local", {"path": "a.tfstate", "workspace_dir": "ws"}).remembered(project)
    assert (found["file"], found["folder"], found["settings"], found["secret"]) == ("../a.tfstate", "../ws", {}, {})
    found = Recorded(tmp_path, "s3", {"bucket": "b", "secret_key": "s"}).remembered(project)
    assert (found["file"], found["folder"]) == ("", "")
    assert found["secret"]["secret_key"] == "s"
    assert {**found["settings"], **found["secret"]} == {"bucket": "b", "secret_key": "s"}
    assert backends.recall(found, project).type == "s3"


@pytest.mark.parametrize(
    ("data", "name"), [(b"dev\n", "dev"), (b"", "default"), (b"\xff", "default"), (None, "default")]
)
def test_the_selected_workspace(tmp_path: Path, data: bytes | None, name: str) -> None:
    if data is not None:
        (tmp_path / ".terraform").mkdir()
        (tmp_path / ".terraform/environment").write_bytes(data)
    assert stock_data.workspace(tmp_path) == name


@pytest.mark.parametrize("name", ["path", "workspace_dir"])
def test_a_path_that_no_file_can_have_counts_as_none(tmp_path: Path, name: str) -> None:
    found = noted(tmp_path, {"version": 3, "backend": {"type": "local", "config": {name: "a\0b", "x": "y"}}})
    assert found
    assert found.file == tmp_path / "terraform.tfstate"
    assert found.remembered(tmp_path)["file"] == "terraform.tfstate"
