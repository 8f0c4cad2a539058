"""Files of ours among the user's: nobody else's is taken, and one that is in use stays."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import own_files
from nivis_tofu.project.links import OVERRIDE
from nivis_tofu.project.own_files import MARK


def test_a_file_is_ours_by_its_mark(tmp_path: Path) -> None:
    ours, theirs, link = tmp_path / "a.tofu", tmp_path / "b.tofu", tmp_path / "c.tofu"
    ours.write_text(f"# {MARK}\n")
    theirs.write_bytes(b"\xff")
    link.symlink_to(ours)
    assert [own_files.is_ours(p) for p in (ours, theirs, link, tmp_path, tmp_path / "none")] == [True, *[False] * 4]


def test_only_names_that_we_give_are_looked_for(tmp_path: Path) -> None:
    for name in ("a.tofu", "b.tofu.json", "c.tf", "notes.txt"):
        (tmp_path / name).write_text(MARK)
    assert {p.name for p in own_files.marked(tmp_path)} == {"a.tofu", "b.tofu.json"}


def test_a_name_that_is_taken_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tofu"
    own_files.check_free(path)
    path.write_text(MARK)
    own_files.check_free(path)
    path.write_text("mine")
    with pytest.raises(NivisError, match="A file is in the way") as caught:
        own_files.check_free(path)
    assert "`a.tofu`" in caught.value.diagnostics[0].detail
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(NivisError, match="A file is in the way"):
        own_files.check_free(path)


def test_what_is_in_use_is_neither_made_again_nor_claimed(tmp_path: Path) -> None:
    path = tmp_path / "main.tf.json"
    handle = own_files.create(path, MARK.encode())
    with pytest.raises(NivisError, match="Another run is in progress"):
        own_files.create(path, b"other")
    assert own_files.claimed(path) is None
    assert path.read_text() == MARK
    os.close(handle)
    left = own_files.claimed(path)
    assert left is not None
    os.close(left)


def test_a_longer_file_of_a_killed_run_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "main.tf.json"
    path.write_text(MARK * 3)
    os.close(own_files.create(path, b"short"))
    assert path.read_bytes() == b"short"
    assert own_files.claimed(path) is None  # without the mark it is nobody's of ours


def test_an_empty_file_of_our_name_is_one_that_was_never_written(tmp_path: Path) -> None:
    for name in (own_files.MODULE, OVERRIDE):
        path = tmp_path / name
        path.touch()
        own_files.check_free(path)
        handle = own_files.claimed(path)
        assert handle is not None
        os.close(handle)
        path.write_text("mine")
        assert not own_files.is_ours(path)
    (tmp_path / "x.tofu").touch()  # shadows an x.tf: somebody meant that
    assert not own_files.is_ours(tmp_path / "x.tofu")


def test_what_cannot_be_written_whole_is_not_left(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / own_files.MODULE
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            own_files.create(path, b"more than ten bytes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not path.exists()


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "main.tf.json").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match=r"main\.tf\.json"):
        own_files.create(tmp_path / "main.tf.json", b"x")
    assert (tmp_path / "target").read_text() == "mine"
