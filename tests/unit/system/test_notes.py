"""Notes below `.nivis/`: what is damaged counts as absent, links are never followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import notes
from nivis_tofu.system.notes import work_directory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b'{"version": 2}'], ids=lambda d: str(d[:12])
)
def test_a_note_that_cannot_be_read_is_absent(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "note.json"
    assert notes.read_json(path) is None
    path.write_bytes(data)
    assert notes.read_json(path) is None


def test_what_is_no_file_is_absent(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("{}")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("outside")
    assert notes.read_json(tmp_path / "outside") == {}
    for name in ("directory", "fifo", "link"):
        assert notes.read(tmp_path / name) is None
        assert notes.write(tmp_path / name, "[]")
        assert not notes.write(tmp_path / name, "[]")
        assert notes.read_json(tmp_path / name) == []
        assert mode(tmp_path / name) == 0o600
    assert (tmp_path / "outside").read_text() == "{}"


def test_a_directory_takes_the_place_of_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("outside")
    for name in ("file", "fifo", "link", "new/below"):
        assert notes.write(notes.directory(tmp_path / name) / "note", "text")
    assert list((tmp_path / "outside").iterdir()) == []


def test_nothing_is_cleared_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("kept")
    (tmp_path / "link").symlink_to("outside")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link").symlink_to("../outside")
    for name in ("link", "tree", "absent"):
        notes.clear(tmp_path / name)
        assert not os.path.lexists(tmp_path / name)
    assert (tmp_path / "outside/file").read_text() == "kept"


def test_a_note_that_cannot_be_added_to_stops_nothing(tmp_path: Path) -> None:
    notes.append(tmp_path / "note", "a")
    notes.append(tmp_path / "note", "b")
    assert (tmp_path / "note").read_text() == "ab"
    (tmp_path / "link").symlink_to("note")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo", "absent/note"):
        notes.append(tmp_path / name, "c")
    assert (tmp_path / "note").read_text() == "ab"


@pytest.mark.parametrize(
    "place", [".nivis", ".nivis/ids.json", ".nivis/work", ".nivis/eval/x", ".nivis/terraform", ".nivis/new/a/b"]
)
def test_a_link_is_refused_before_anything_is_touched(tmp_path: Path, place: str) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir(mode=0o755)
    (project / place).parent.mkdir(parents=True)
    (project / place).symlink_to(outside)
    with pytest.raises(NivisError, match="A symbolic link in the work directory") as error:
        work_directory(project)
    found = error.value.diagnostics[0]
    assert str(project / place) in found.detail
    assert found.hint.endswith(f"rm {project / place}")
    assert mode(outside) == 0o755
    assert list(outside.iterdir()) == []
    assert not (project / ".nivis/.gitignore").exists()


def test_of_other_stacks_only_their_directories_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".nivis/stacks/b/deep").mkdir(parents=True)
    (tmp_path / ".nivis/stacks/b/deep/link").symlink_to("/nowhere")
    assert work_directory(tmp_path, "stacks/a") == tmp_path / ".nivis/stacks/a"
    assert mode(tmp_path / ".nivis/stacks/a") == 0o700
    with pytest.raises(NivisError, match="A symbolic link in the work directory"):
        work_directory(tmp_path, "stacks/b")
    (tmp_path / ".nivis/stacks/c").symlink_to("/nowhere")
    with pytest.raises(NivisError, match="A symbolic link in the work directory"):
        work_directory(tmp_path, "stacks/a")


@pytest.mark.parametrize(
    "place", ["work/main.tf", "flake/link", "mirror/a/b", "work/.terraform/providers/a/b", "work/.terraform/modules/x"]
)
def test_links_that_are_meant_stay(tmp_path: Path, place: str) -> None:
    link = work_directory(tmp_path) / place
    link.parent.mkdir(parents=True)
    link.symlink_to("/nowhere")
    work_directory(tmp_path)
    assert link.is_symlink()


def test_no_directory_for_notes(tmp_path: Path) -> None:
    (tmp_path / ".nivis").write_text("mine")
    with pytest.raises(NivisError, match="The work directory cannot be made") as error:
        work_directory(tmp_path)
    assert str(tmp_path / ".nivis") in error.value.diagnostics[0].hint
    assert (tmp_path / ".nivis").read_text() == "mine"


def test_what_the_engine_could_not_read(tmp_path: Path) -> None:
    def damaged() -> list[str]:
        return [str(p.relative_to(tmp_path)) for p in notes.damaged(tmp_path)]

    assert damaged() == []
    (tmp_path / "modules").mkdir()
    good = {"terraform.tfstate": '{"version": 3}', "plugin_path": '["/p"]', "modules/modules.json": '{"Modules": []}'}
    for name, text in good.items():
        (tmp_path / name).write_text(text)
    assert damaged() == []
    assert notes.left_by_init(tmp_path) == ["terraform.tfstate", "modules/modules.json"]
    (tmp_path / "terraform.tfstate").write_text('{"version": 4}')
    (tmp_path / "plugin_path").write_text("{}")
    (tmp_path / "modules/modules.json").unlink()
    (tmp_path / "modules/modules.json").mkdir()
    (tmp_path / "providers").write_text("")
    assert damaged() == ["providers", *good]


def test_work_directory(tmp_path: Path) -> None:
    path = work_directory(tmp_path)
    assert mode(path) == 0o700
    assert (path / ".gitignore").read_text() == "*\n"
    path.chmod(0o755)
    assert mode(work_directory(tmp_path)) == 0o700


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o600, 0o640])
def test_what_is_written_over_becomes_private(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "backup"
    file.write_text("copied by somebody")
    file.chmod(mode)
    assert notes.free(file).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "abcdef"), ("", "abcdef"), ("abcdef", ""), ("abcxef", "abcdef"), ("abcdefgh", "abcdef"), ("abc", "abcdef")],
)
def test_a_note_in_pieces_replaces_what_was_there(before: str | None, after: str, tmp_path: Path) -> None:
    note = tmp_path / "made" / "note"
    if before is not None:
        notes.write(note, before)
    assert notes.write_pieces(note, [after[:2], after[2:4], after[4:]])
    assert (note.read_text(), note.stat().st_mode & 0o777) == (after, 0o600)
    inode = note.stat().st_ino
    assert not notes.write_pieces(note, [after])
    assert note.stat().st_ino == inode


def test_what_stands_in_the_way_of_a_note_in_pieces_goes(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "note").symlink_to(tmp_path / "elsewhere")
    assert notes.write_pieces(tmp_path / "note", ["a", "b"])
    assert ((tmp_path / "note").read_text(), (tmp_path / "elsewhere").read_text()) == ("ab", "mine")
