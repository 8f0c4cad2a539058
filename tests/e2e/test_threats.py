"""A project that somebody else has prepared: what lies in it is not run, and what it asks of Nix is not granted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_programs_that_lie_in_the_project_are_not_run(project: Project) -> None:
    project.flake('ir [ (data "a" "x") ] { }')
    ran = project.directory / "ran"
    for name in ("tofu", "terraform", "nix", "git", "sh", "gpg", "less"):
        program = project.directory / name
        program.write_text(f"#!/bin/sh\necho {name} >> '{ran}'\nexit 1\n")
        program.chmod(0o755)
    for verb in ("apply", "plan", "output", "state list", "destroy"):
        assert project.run(*verb.split()).code == 0
    assert not ran.exists()


def test_settings_of_nix_that_a_flake_wants_are_not_granted(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("not for the flake")
    project.flake(f'ir [ (data "a" (builtins.readFile {outside})) ] {{ }}')
    file = project.directory / "flake.nix"
    wanted = f'nixConfig = {{ restrict-eval = false; post-build-hook = "{tmp_path}/hook"; }};'
    file.write_text(file.read_text().replace("{", "{ " + wanted, 1))
    done = project.run("plan")
    assert done.code == 1
    assert "forbidden in restricted mode" in done.stderr
    assert "not for the flake" not in done.stdout + done.stderr
