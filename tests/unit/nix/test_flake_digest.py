"""Is a flake the one that was planned? To the letter, and by meaning; what Nix makes of code is played here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nivis_tofu.nix import flake_digest
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.flake_digest import FlakeDigest
from nivis_tofu.system import notes

PARSE = """#!/bin/sh
shift
for file; do case $(cat "$file") in *'('*) exit 1 ;; *) sed 's/#.*//' "$file" | tr -d ' \\n' ;; esac; done
"""
"""`nix-instantiate --parse` for code without parentheses."""
ELSEWHERE = """#!/bin/sh
echo "{\\"locked\\": \\"$LOCKED\\", \\"for\\": \\"$5\\"}"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (("nix-instantiate", PARSE), ("nix", ELSEWHERE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    found = tmp_path / "project"
    found.mkdir()
    for name, text in (("flake.nix", "{ }\n"), ("part.nix", "a: a + 1\n"), ("data.json", "{}"), ("README.md", "Words")):
        (found / name).write_text(text)
    return found


def digest(project: Path, flake: str = ".", **env: str) -> FlakeDigest:
    work = notes.work_directory(project)
    return flake_digest.of(
        Nix(project.parent / "nix", flake, "x", project, work, env={"PATH": os.environ["PATH"], **env})
    )


@pytest.mark.parametrize(
    ("change", "letter", "same"),
    [
        (lambda p: None, True, True),
        (lambda p: (p / "nivis.state.json").write_text("{}"), True, True),
        (lambda p: (p / "README.md").write_text("Others"), False, True),
        (lambda p: (p / "part.nix").write_text("# why\na:\n  a + 1\n"), False, True),
        (lambda p: (p / "part.nix").write_text("a: a + 2\n"), False, False),
        (lambda p: (p / "part.nix").write_text("a: ("), False, False),
        (lambda p: (p / "part.nix").rename(p / "other.nix"), False, False),
        (lambda p: (p / "data.json").write_text("[]"), False, False),
        (lambda p: (p / "data.json").unlink(), False, False),
        (lambda p: (p / "link").symlink_to("one"), False, False),
    ],
)
def test_what_may_change(project: Path, change: Callable[[Path], object], letter: bool, same: bool) -> None:
    before = digest(project)
    change(project)
    after = digest(project)
    assert (after.letter == before.letter, before.same(after)) == (letter, same)


def test_code_that_nix_cannot_read_counts_to_the_letter(project: Path) -> None:
    (project / "part.nix").write_text("a: (")
    before = digest(project)
    assert before.same(digest(project))
    (project / "part.nix").write_text("# why\na: (")
    assert not before.same(digest(project))


def test_a_link_counts_by_where_it_leads(project: Path) -> None:
    (project / "link").symlink_to(".")
    before = digest(project)
    (project / "link").unlink()
    (project / "link").symlink_to("..")
    assert not before.same(digest(project))


def test_a_flake_elsewhere_is_what_it_is_locked_to(project: Path) -> None:
    before = digest(project, "github:o/r", LOCKED="a")
    assert before.same(digest(project, "github:o/r", LOCKED="a"))
    assert not before.same(digest(project, "github:o/r", LOCKED="b"))
    assert not before.same(digest(project, "github:o/other", LOCKED="a"))
