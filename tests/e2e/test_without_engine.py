"""On a machine with Nix alone: verbs that only read work, the others say what to install."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.project import Project

READ = (
    ("state", "list"),
    ("state", "show", "terraform.terraform_data.b"),
    ("state", "pull"),
    ("output",),
    ("output", "--json"),
    ("why", "terraform.terraform_data.b.input"),
    ("graph",),
    ("eval", "ledger.outputs"),
    ("render", "--out", "out"),
    ("providers",),
    ("workspace", "show"),
)
NEED = (("plan",), ("apply",), ("destroy",), ("validate",), ("refresh",), ("init",), ("version",))


@pytest.fixture
def nix_only(tmp_path: Path) -> dict[str, str]:
    """An environment where nothing but Nix is to be found."""
    folder = tmp_path / "nix only"
    folder.mkdir()
    for name in ("nix", "nix-store"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return {"PATH": str(folder), "NIVIS_TOFU": "", "NIVIS_CACHE": str(tmp_path / "no cache")}


def test_verbs_that_only_read_need_no_engine(project: Project, nix_only: dict[str, str]) -> None:
    project.chain().run("apply").ok()
    expected = {argv: project.run(*argv).ok().stdout for argv in READ}
    shutil.rmtree(project.directory / "out")
    for again in ("with .nivis/", "without"):
        for argv in READ:
            assert project.run(*argv, env=nix_only).ok().stdout == expected[argv], f"{again}: {argv}"
        shutil.rmtree(project.directory / "out")
        shutil.rmtree(project.directory / ".nivis")
    for argv in NEED:
        done = project.run(*argv, env=nix_only).fails("OpenTofu is not installed", "hint: run `nivis setup`")
        assert done.stdout == "", argv


def test_what_is_secret_in_a_rendering_is_not_guessed(project: Project, nix_only: dict[str, str]) -> None:
    """Without the provider's schemas nobody knows; the other verbs write no file for others to read."""
    project.flake(
        """lib.toIR {
          providers.x = lib.mkProvider { source = "example/x"; };
          resources = [ (lib.mkResource { provider = "x"; type = "x_user"; name = "a"; config.password = "p"; }) ];
          inherit ledger;
        }"""
    )
    project.run("render", "--out", "out", env=nix_only).fails("OpenTofu is not installed")
    assert not (project.directory / "out").exists()
    assert "x.x_user.a" in project.run("graph", env=nix_only).ok().stdout
