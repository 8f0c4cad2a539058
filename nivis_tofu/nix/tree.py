"""Where the flake's tree begins, and where the bundled library lies."""

from __future__ import annotations

from pathlib import Path


def library_path() -> Path:
    """Directory of the bundled Nix library, a flake without inputs."""
    return Path(__file__).parents[1] / "nixlib"


def git_top(path: Path) -> Path | None:
    """The root of the git work tree around a directory."""
    return next((parent for parent in (path, *path.parents) if (parent / ".git").exists()), None)


def in_git(path: Path) -> bool:
    return git_top(path) is not None
