"""Private files."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from nivis_tofu.system.files import copy_file, directory, listed, write, write_atomic, write_if_changed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_write_atomic(tmp_path: Path) -> None:
    path = tmp_path / "new/file"
    write_atomic(path, "a\r\né")
    assert path.read_bytes() == "a\r\né".encode()
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_write_if_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_if_changed(path, "a\n")
    assert not write_if_changed(path, "a\n")
    assert write_if_changed(path, "a\r\n")
    assert not write_if_changed(path, "a\r\n")
    path.write_bytes(b"\xff\xfe garbage")
    assert write_if_changed(path, "a\n")


def test_what_is_made_is_private_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_atomic(tmp_path / "a/b/atomic", "x")
        write(tmp_path / "plain", "x")
        copy_file(tmp_path / "plain", tmp_path / "copy")
        directory(tmp_path / "c/d/e")
    finally:
        os.umask(before)
    assert {oct(mode(p)) for p in tmp_path.rglob("*")} == {"0o600", "0o700"}


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o640)
    write(path, "x")
    assert (path.read_text(), mode(path)) == ("x", 0o640)


def test_names_are_listed_as_glob_lists_them(tmp_path: Path) -> None:
    for name in ("b.nix", "a.nix", ".nix", ".h.nix", "[ab].nix", "n\nl.nix", "x.NIX", "x.nix~", "\udc80.nix"):
        (tmp_path / name).touch()
    for pattern in ("*", "*.nix", ".*", "a.nix", "?.nix", "*.*ix", "none*"):
        assert listed(tmp_path, pattern) == sorted(tmp_path.glob(pattern))
    assert listed(tmp_path / "none", "*") == listed(tmp_path / "a.nix", "*") == []


def test_what_cannot_be_listed_is_not_taken_for_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a run would do without the variables in it."""
    for number, empty in ((errno.EACCES, True), (errno.EMFILE, False), (errno.EIO, False), (errno.ESTALE, False)):
        failure = OSError(number, os.strerror(number))
        for function in ("listdir", "scandir"):  # `Path.iterdir` uses the one or the other, by its version
            monkeypatch.setattr(os, function, lambda _, failure=failure: (_ for _ in ()).throw(failure))
        if empty:
            assert listed(tmp_path, "*") == []
        else:
            with pytest.raises(OSError, match=os.strerror(number)):
                listed(tmp_path, "*")
