"""--target, --exclude, --refresh-only as they are typed."""

from __future__ import annotations

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_target_and_exclude_in_both_spellings(project: Project) -> None:
    project.chain()
    assert project.run("plan", "-target=terraform_data.a").ok().stdout == (
        " + terraform.terraform_data.a (terraform_data)\n\n"
        "1 resource(s) to resolve across phases (+ create, ~ change). Run `nivis apply`.\n"
    )
    done = project.run("apply", "--exclude", "*.b").ok()
    assert done.stdout == "Applied 1 resource(s) across 1 phase(s):\n ✓ terraform.terraform_data.a\n"
    assert "targeting" not in done.stderr
    assert project.run("apply").ok().stdout.splitlines()[1:] == [" ✓ terraform.terraform_data.b"]
    assert project.run("destroy", "--target", "terraform.terraform_data.b").ok().stdout == (
        "Destroyed 1 resource(s):\n - terraform.terraform_data.b\n"
    )
    project.run("plan", "--target", "terraform.terraform_data.bb").fails("Did you mean `terraform.terraform_data.b`?")


def test_targets_and_exclusions_from_a_file(project: Project) -> None:
    project.chain()
    (project.directory / "targets").write_text("# this week\n\n  terraform_data.a  # the first\r\n")
    expected = project.run("plan", "-target", "terraform_data.a").ok().stdout
    assert project.run("plan", "-target-file=targets").ok().stdout == expected
    assert project.run("plan", "-exclude-file", "targets").ok().stdout.startswith("No changes.")
    project.run("plan", "--target-file", "nowhere").fails("nowhere: No such file or directory.")


def test_refresh_only_changes_nothing_real(project: Project) -> None:
    project.chain().run("apply").ok()
    project.chain("two")
    before = project.state
    assert project.run("plan", "-refresh-only").ok().stdout == "Compared 2 resource(s).\n"
    assert project.state == before
    assert project.run("apply", "--refresh-only").ok().stdout == "Refreshed 2 resource(s).\n"
    assert project.attributes("terraform_data.a")["input"]["value"] == "one"
