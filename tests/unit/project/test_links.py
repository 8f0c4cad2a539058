from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.project import links


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory that is reached through a symbolic link."""
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "home").symlink_to("real/deep")
    (tmp_path / "home/file").write_text("text")
    return tmp_path / "home"


def test_links_are_relative_and_hold_where_a_directory_is_a_link_itself(home: Path, tmp_path: Path) -> None:
    links.link(home / "here", home / "file")
    assert (home / "here").readlink() == Path("file")
    (tmp_path / "real").rename(tmp_path / "moved")
    assert (tmp_path / "moved/deep/here").read_text() == "text"


def test_only_point_takes_the_place_of_something(home: Path) -> None:
    (home / "here").write_text("the user's")
    with pytest.raises(FileExistsError):
        links.link(home / "here", home / "file")
    links.point(home / "here", home / "file")
    links.point(home / "here", home / "file")
    assert (home / "here").read_text() == "text"
    links.point(home / "here", home / "other")
    assert (home / "here").readlink() == Path("other")


def test_a_directory_gets_what_is_wanted_and_loses_what_was(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    for name in ("main.tf", "old.tf", "notes"):
        (home / name).write_text(name)
    (target / "README").write_text("no link, and no module")
    (target / links.MAIN).write_text("{}")
    wanted = {name: home / name for name in ("main.tf", "old.tf", "notes")}
    links.link_all(target, wanted)
    assert {p.name for p in target.iterdir() if p.is_symlink()} == set(wanted)
    links.link_all(target, {"main.tf": home / "main.tf", "notes": home / "notes"}, copied=[home / "notes"])
    assert {p.name for p in target.iterdir()} == {"main.tf", "README", links.MAIN}


def test_what_is_nivis_own_and_the_engines_is_not_linked(tmp_path: Path) -> None:
    for name in ("a.tf", "flake.nix", "nivis.state.json", ".terraform.lock.hcl", "terraform.tfstate", ".git", "x"):
        (tmp_path / name).touch()
    assert {p.name for p in links.entries(tmp_path)} == {"a.tf", "x"}
