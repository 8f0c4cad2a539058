"""Is a flake the one that was planned? To the letter, and by meaning."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nivis_tofu.nix import flake_digest
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.flake_digest import FlakeDigest
from nivis_tofu.system import locate, notes

pytestmark = pytest.mark.nix
FLAKE = "{ outputs = { self }: { x = import ./lib/part.nix; }; }\n"


def write(project: Path, name: str, text: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text(text)


def digest(project: Path) -> FlakeDigest:
    env = dict(os.environ)
    return flake_digest.of(
        Nix(locate.find_nix(env), ".", "nivis.plan", project, notes.work_directory(project), env=env)
    )


@pytest.fixture(params=[False, True], ids=["alone", "git"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write(tmp_path, "flake.nix", FLAKE)
    write(tmp_path, "lib/part.nix", "a: a + 1\n")
    write(tmp_path, "data.json", "{}")
    write(tmp_path, "README.md", "Words.")
    if request.param:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "flake.nix", "lib", "data.json", "README.md"], cwd=tmp_path, check=True)
    return tmp_path


def test_the_same_tree_elsewhere_is_the_same(project: Path) -> None:
    assert digest(project) == digest(project)
    (project / "nivis.state.json").write_text("{}")


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda p: write(p, "README.md", "Others."), True),
        (lambda p: write(p, "lib/part.nix", "# why\na:\n  a + 1\n"), True),
        (lambda p: write(p, "lib/part.nix", "a: a + 2\n"), False),
        (lambda p: write(p, "data.json", "[]"), False),
        (lambda p: (p / "data.json").unlink(), False),
        (lambda p: write(p, "lib/part.nix", "a: ("), False),
    ],
)
def test_what_may_change(project: Path, change: Callable[[Path], None], same: bool) -> None:
    before = digest(project)
    change(project)
    after = digest(project)
    assert after.letter != before.letter
    assert before.same(after) is same


def test_a_link_counts_by_where_it_leads(tmp_path: Path) -> None:
    write(tmp_path, "flake.nix", FLAKE)
    (tmp_path / "link").symlink_to("one")
    before = digest(tmp_path)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("two")
    assert not before.same(digest(tmp_path))
