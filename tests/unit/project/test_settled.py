"""What a configuration decides: where its state is, where the engine runs, what joins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.ir.model import IR
from nivis_tofu.project import settled
from nivis_tofu.project.backends import Backend
from nivis_tofu.project.directories import Directories

NONE = IR({}, {}, {})
S3 = replace(NONE, backend={"type": "s3", "bucket": "b"})
JOINS = replace(NONE, root_module="infra")


def at(project: Path, **given: object) -> Directories:
    (project / "infra").mkdir(parents=True, exist_ok=True)
    return Directories.made(project, project / ".nivis", project / "nivis.state.json", **given)


def backend(here: Directories, ir: IR) -> Backend:
    return settled.backend_of(here, ir, settled.joining(here, ir, None))


def test_before_anything_is_known_the_state_is_in_the_project(tmp_path: Path) -> None:
    found = settled.first(at(tmp_path))
    assert (found.backend.file, found.run.home, found.joined) == (tmp_path / "nivis.state.json", tmp_path, None)


@pytest.mark.parametrize(
    ("given", "ir", "type_", "file"),
    [
        ({}, NONE, "local", "nivis.state.json"),
        ({}, S3, "s3", ""),
        ({"force_local": True}, S3, "local", "nivis.state.json"),
        # A state file beside a remote backend is refused later, with both in hand.
        ({"state_chosen": True}, S3, "s3", ""),
        ({}, JOINS, "local", "infra/terraform.tfstate"),
        ({"state_chosen": True}, JOINS, "local", "nivis.state.json"),
    ],
)
def test_where_the_state_is(tmp_path: Path, given: dict[str, object], ir: IR, type_: str, file: str) -> None:
    found = backend(at(tmp_path, **given), ir)
    assert (found.type, found.file) == (type_, tmp_path / file if file else None)


def test_a_backend_in_a_file_is_declared_there(tmp_path: Path) -> None:
    here = at(tmp_path)
    (tmp_path / "infra/main.tf").write_text('terraform {\n  backend "s3" {\n    bucket = "theirs"\n  }\n}\n')
    found = backend(here, JOINS)
    assert (found.type, found.settings, found.declared) == ("s3", {"bucket": "theirs"}, False)


def test_a_root_module_is_read_once_and_another_one_anew(tmp_path: Path) -> None:
    here = at(tmp_path)
    (tmp_path / "other").mkdir()
    first = settled.joining(here, JOINS, None)
    assert first
    assert settled.joining(here, JOINS, first) is first
    assert settled.joining(here, NONE, first) is None
    other = settled.joining(here, replace(NONE, root_module="other"), first)
    assert other
    assert other.directory == tmp_path / "other"


@pytest.mark.parametrize(
    ("file", "kind", "linked"),
    [("x.tf", "tofu", False), ("x.tofu", "tofu", True), ("x.tf", "terraform", True), ("x.txt", "terraform", False)],
)
def test_the_engine_runs_among_links_where_a_file_cannot_be_shadowed(
    tmp_path: Path, file: str, kind: str, linked: bool
) -> None:
    here = at(tmp_path)
    (tmp_path / file).write_text("")
    before = settled.first(here).run
    run = settled.run_directory_of(here, NONE, None, before, kind)
    assert (run.linked, run.joined, run.home) == (linked, False, tmp_path)
