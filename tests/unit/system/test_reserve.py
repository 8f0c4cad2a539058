"""Room for the engine's state on a disk that becomes full."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.system import reserve
from nivis_tofu.system.reserve import Reserve, free


def test_it_is_there_meanwhile_and_goes(tmp_path: Path) -> None:
    before = free(tmp_path)
    with Reserve(tmp_path) as kept:
        kept.check()
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) == 4 << 20
        assert free(tmp_path) <= before
    assert list(tmp_path.iterdir()) == []


def test_it_is_given_up_when_the_disk_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Reserve(tmp_path) as kept:
        monkeypatch.setattr(reserve, "free", lambda _: 1 << 20)
        kept.check()
        assert list(tmp_path.iterdir()) == []
        kept.check()


def test_there_is_as_much_of_it_as_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def small(self: Path, data: bytes) -> int:
        if len(data) > 512 << 10:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", small)
    with Reserve(tmp_path):
        assert [file.stat().st_size for file in tmp_path.iterdir()] == [512 << 10]
    monkeypatch.setattr(reserve, "_SIZES", (600 << 10,))
    with Reserve(tmp_path) as kept:
        kept.check()
        assert list(tmp_path.iterdir()) == []


def test_without_a_directory_nothing_breaks(tmp_path: Path) -> None:
    with Reserve(tmp_path / "nowhere") as kept:
        kept.check()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "reserve").symlink_to("other")
    with Reserve(tmp_path):
        pass
    assert (tmp_path / "other").read_text() == "mine"
