"""Reading the state of a project: what is damaged, which workspace it is, what a move would leave behind."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.project import backends, settled, state_access, state_file
from nivis_tofu.project.backends import Backend, Memory
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.state_access import StateAccess
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

STATE = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "l", "outputs": {}, "resources": []}
FULL = {**STATE, "outputs": {"o": {"value": "v", "type": "string"}}}
USED = {"resources": [{"type": "x"}]}


def access(project: Path, env: dict[str, str] | None = None) -> StateAccess:
    root = project / ".nivis"
    (root / "terraform").mkdir(parents=True, exist_ok=True)
    at = Directories.made(project, root, project / "s.json")
    engine = Tofu(project / "no engine", "tofu", Site.alone(at.work), env or {})
    return StateAccess(at, settled.first(at), engine)


def place(here: StateAccess, file: str) -> Mapping[str, Any]:
    """A backend as it is remembered: of one without a file, an S3 bucket."""
    if not file:
        return backends.remember(Backend("s3", {"bucket": "b"}, declared=True, project=here.at.project))
    return backends.remember(backends.local(here.at.project / file, here.at.project / "d", here.at.project))


def test_no_state_is_an_empty_one(tmp_path: Path) -> None:
    here = access(tmp_path)
    assert here.raw_state() == ""
    assert not here.snapshot().instances


def test_a_snapshot_follows_its_file(tmp_path: Path) -> None:
    here = access(tmp_path)
    here.at.state_file.write_text(json.dumps(STATE))
    first = here.snapshot()
    assert here.snapshot() is first
    here.at.state_file.write_text(json.dumps(FULL))
    assert set(here.snapshot().outputs) == {"o"}


def test_the_text_of_a_large_state_is_not_read_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = access(tmp_path)
    here.at.state_file.write_text(json.dumps(FULL))
    small = here.snapshot()
    monkeypatch.setattr(state_file, "LARGE", 50)
    read = []

    def whole(path: Path) -> str:
        read.append(path)
        return path.read_text()

    monkeypatch.setattr(state_access, "read_whole", whole)
    (tmp_path / "again").mkdir()
    again = access(tmp_path / "again")
    again.at.state_file.write_text(json.dumps(FULL))
    found = again.snapshot()
    assert (found, read) == (small, [])
    assert again.snapshot() is found
    again.at.state_file.write_text(json.dumps({**FULL, "version": 99}))
    with pytest.raises(EngineError, match="State is newer than the tool"):
        again.snapshot()
    again.at.state_file.write_text(json.dumps(FULL)[:-1])
    monkeypatch.setattr(state_file, "STEP", 0.0)
    with pytest.raises(EngineError, match="The state cannot be read"):
        again.snapshot()
    assert read


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 4, "serial": 1}', '{"version": 4, "serial": 1, "lineage": ""}']
)
@pytest.mark.parametrize("backup", [False, True])
def test_a_damaged_state_names_itself_and_the_last_good_one(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch, *, backup: bool
) -> None:
    monkeypatch.setattr(state_file, "STEP", 0.0)
    here = access(tmp_path)
    here.at.state_file.write_text(text)
    if backup:
        (here.at.root / "backup.tfstate").write_text(json.dumps(STATE))
    with pytest.raises(EngineError) as caught:
        here.snapshot()
    found = caught.value.diagnostics[0]
    assert found.summary == "The state cannot be read"
    assert "s.json" in found.detail
    assert ("backup.tfstate" if backup else "version control") in found.hint
    assert here.at.state_file.read_text() == text
    if backup:
        subprocess.run(["/bin/sh", "-c", found.hint.rpartition(": ")[2]], check=True)
        assert here.snapshot().lineage == STATE["lineage"]


def test_an_empty_file_is_a_damaged_state_where_there_was_a_full_one(tmp_path: Path) -> None:
    here = access(tmp_path)
    here.at.state_file.write_text("")
    assert here.raw_state() == ""
    (here.at.root / "backup.tfstate").write_text(json.dumps(USED))
    with pytest.raises(EngineError, match="The state cannot be read"):
        here.raw_state()


@pytest.mark.parametrize("name", ["dev", "a b", "../x", "a/b"])
def test_a_workspace_that_cannot_be_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    here = access(tmp_path)
    assert here.current_workspace() == "default"
    (here.at.data / "environment").write_text(name)
    with pytest.raises(NivisError, match="The selected workspace is not known") as caught:
        here.current_workspace()
    assert "nivis workspace select" in caught.value.diagnostics[0].hint


def test_the_environment_says_which_workspace(tmp_path: Path) -> None:
    here = access(tmp_path, {"TF_WORKSPACE": "dev"})
    assert here.current_workspace() == "dev"
    assert here.local_state_path().parts[-2:] == ("dev", "terraform.tfstate")
    assert here.name == "dev:"


def test_a_state_is_left_behind_only_by_an_empty_one(tmp_path: Path) -> None:
    here = access(tmp_path)
    Memory("m", previous=place(here, "old.json")).write(here.at.root / "backend.json")
    left = here.left_behind(Snapshot())
    assert left is not None
    assert left.file == tmp_path / "old.json"
    here.forget_previous()
    assert here.left_behind(Snapshot()) is None


def test_what_the_user_accepted_is_not_left_behind(tmp_path: Path) -> None:
    here = access(tmp_path)
    Memory("m", previous=place(here, "old.json"), accepted=True).write(here.at.root / "backend.json")
    assert here.left_behind(Snapshot()) is None


@pytest.mark.parametrize(("file", "may"), [("", True), ("there.json", True), ("gone.json", False)])
def test_whether_an_old_backend_may_have_a_state(tmp_path: Path, file: str, *, may: bool) -> None:
    here = access(tmp_path)
    assert not here.may_have_state()
    (tmp_path / "there.json").write_text(json.dumps(USED))
    Memory("m", now=place(here, file)).write(here.at.root / "backend.json")
    assert here.may_have_state() is may


def test_a_state_that_could_not_be_saved_leaves_the_directory_of_ours(tmp_path: Path) -> None:
    here = access(tmp_path)
    assert here.rescue() is None
    (here.at.work / "errored.tfstate").write_text(json.dumps(STATE))
    assert here.rescue() == tmp_path / "errored.tfstate"
    assert not (here.at.work / "errored.tfstate").exists()


@pytest.mark.parametrize(("note", "why"), [("../up", "is damaged"), ("gone", "there is no such workspace")])
def test_a_note_that_cannot_be_meant(tmp_path: Path, note: str, why: str) -> None:
    here = access(tmp_path)
    (here.at.data / "environment").write_text(note)
    with pytest.raises(NivisError, match="The selected workspace is not known") as error:
        here.current_workspace()
    assert why in error.value.diagnostics[0].detail


def test_the_workspace_of_the_environment_of_the_note_or_the_default(tmp_path: Path) -> None:
    here = access(tmp_path)
    assert here.current_workspace() == here.workspace_to_be() == "default"
    (tmp_path / "s.d/dev").mkdir(parents=True)
    (here.at.data / "environment").write_text("dev\n")
    assert here.current_workspace() == "dev"
