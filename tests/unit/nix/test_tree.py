"""Where the tree of a flake begins."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.nix.tree import git_top, in_git, library_path


def test_the_work_tree_around(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere")  # as in a work tree of its own
    assert git_top(tmp_path / "a" / "b") == tmp_path / "a"
    assert in_git(tmp_path / "a")


def test_the_library_is_a_flake() -> None:
    assert (library_path() / "flake.nix").is_file()
