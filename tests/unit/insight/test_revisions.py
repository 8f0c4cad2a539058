from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.insight.revisions import Revisions
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.nix.evaluate import Nix

GIT = Path(shutil.which("git") or "git")


def revisions(directory: Path) -> Revisions:
    nix = Nix(Path("/nowhere/nix"), ".", "nivis.plan", directory, directory / ".nivis")
    return Revisions(nix, GIT, {}, Redactor(), Ledger.__new__(Ledger))


def test_only_a_work_tree_has_revisions(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Not in git"):
        revisions(tmp_path).at("HEAD")


def test_a_revision_that_is_not_there_and_one_without_a_flake(tmp_path: Path) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for line in (("init", "-q"), (*who, "commit", "-q", "--allow-empty", "-m", "x")):
        subprocess.run([GIT, *line], cwd=tmp_path, check=True)
    with pytest.raises(NivisError, match="No such revision"):
        revisions(tmp_path).at("nosuch")
    with pytest.raises(NivisError, match="No flake in that revision"):
        revisions(tmp_path).at("HEAD")


def test_git_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for line in (("init", "-q"), (*who, "commit", "-q", "--allow-empty", "-m", "x")):
        subprocess.run([GIT, *line], cwd=tmp_path, check=True)
    found = revisions(tmp_path)
    # A clone is made where there is no room for one.
    nowhere = replace(found.nix, env={**found.nix.env, "GIT_ALLOW_PROTOCOL": "none"})
    with pytest.raises(NivisError, match="git failed"):
        replace(found, nix=nowhere).at("HEAD")
