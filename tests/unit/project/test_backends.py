from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import backends
from nivis_tofu.project.backends import Backend, Memory

HERE, COPY = Path("/one/project"), Path("/two/copy")
PLACES = [
    backends.default(HERE / "nivis.state.json", HERE),
    backends.declared({"type": "local", "path": "st/x.tfstate"}, HERE),
    backends.declared({"type": "local", "path": "../x.tfstate", "workspace_dir": "spaces"}, HERE),
    Backend("s3", {"bucket": "b"}, given=("key=k", str(HERE / "more.tfbackend")), project=HERE),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_is_remembered_says_nothing_of_where_the_project_lies(place: Backend) -> None:
    note = json.loads(json.dumps(backends.remember(place)))
    assert str(HERE) not in json.dumps(note)
    assert backends.recall(note, HERE) == place
    copied = backends.recall(note, COPY)
    for path in (copied.file, copied.folder):
        assert path is None or path.is_relative_to(COPY.parent)
    assert not copied.given or copied.given == ("key=k", str(COPY / "more.tfbackend"))
    assert copied.mark == place.mark or place.given


def test_paths_hold_in_the_directory_of_the_module() -> None:
    place = backends.default(HERE / "nivis.state.json", HERE)
    assert place.block(HERE) == {"type": "local", "path": "nivis.state.json", "workspace_dir": "nivis.state.d"}
    assert place.block(HERE / "infra")["path"] == "../nivis.state.json"
    assert place.name == "the local file nivis.state.json"
    assert backends.default(Path("/else/x.json"), HERE).name == "the local file /else/x.json"


def test_a_note_with_absolute_paths_is_of_the_same_place() -> None:
    """As it was written before paths became relative."""
    place = PLACES[1]
    old = {
        "type": "local",
        "settings": {},
        "secret": {},
        "given": [],
        "file": str(place.file),
        "folder": str(place.folder),
    }
    now = Memory("another mark", old).moved(place, had_state=True)
    assert (now.previous, now.mark) == ({}, place.mark)
    assert now.now == backends.remember(place)
    elsewhere = now.moved(PLACES[0], had_state=True)
    assert backends.recall(elsewhere.previous, HERE) == place
    assert elsewhere.moved(place, had_state=False).previous == {}


def test_what_is_given_for_a_backend(tmp_path: Path) -> None:
    (tmp_path / "b.hcl").write_text("")
    assert backends.merged(["key=a=b", "b.hcl"], tmp_path) == ("key=a=b", str((tmp_path / "b.hcl").resolve()))
    with pytest.raises(NivisError, match="No such backend configuration"):
        backends.merged(["none.hcl"], tmp_path)


def test_an_argument_that_the_local_backend_does_not_have() -> None:
    with pytest.raises(NivisError, match="The backend has no such argument") as caught:
        backends.declared({"type": "local", "pth": "x"}, HERE)
    assert caught.value.diagnostics[0].address == "backend"
    assert "Did you mean `path`?" in caught.value.diagnostics[0].hint
