"""workspace list, show, new, select, delete, with the generated local backend."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_a_workspace_has_a_state_of_its_own(project: Project) -> None:
    project.chain().run("workspace", "new", "dev").ok()
    assert project.run("workspace", "list").ok().stdout == "  default\n* dev\n"
    assert project.run("workspace", "show").ok().stdout == "dev\n"
    project.run("apply").ok()
    assert (project.directory / "nivis.state.d/dev/terraform.tfstate").is_file()
    assert project.state == b""
    assert len(project.run("state", "list").ok().stdout.splitlines()) == 2

    project.run("workspace", "select", "default").ok()
    assert project.run("state", "list").ok().stdout == "No resources in state.\n"
    project.run("workspace", "delete", "dev").fails("Workspace is not empty")
    project.run("workspace", "delete", "--force", "dev").ok()
    found = json.loads(project.run("workspace", "list", "--json").ok().stdout)
    assert found == {"version": 1, "workspaces": ["default"], "current": "default"}


def test_select_creates_only_when_told_to(project: Project) -> None:
    project.chain().run("workspace", "select", "x").fails("No such workspace", "there are: default", "workspace new x")
    project.run("workspace", "select", "-or-create", "x").ok()
    assert project.run("workspace", "show").ok().stdout == "x\n"


def test_the_environment_wins_and_is_named(project: Project) -> None:
    chosen = {"TF_WORKSPACE": "ci"}
    project.chain().run("workspace", "select", "x", env=chosen).fails(
        "The workspace is chosen by the environment", "TF_WORKSPACE is set to `ci`"
    )
    assert project.run("workspace", "show", env=chosen).ok().stdout == "ci\n"


def test_what_cannot_be_says_why(project: Project) -> None:
    project.chain().run("workspace", "new", "dev").ok()
    refused = [
        project.run("workspace", "new", "a b").fails('error: The workspace name "a b" is not allowed.'),
        project.run("workspace", "new", "default").fails(
            "error: The workspace exists already", "workspace select default"
        ),
        project.run("workspace", "delete", "dev").fails("error: The workspace is selected", "workspace select default"),
        project.run("workspace", "delete", "nope").fails("error: No such workspace", "there are: default, dev"),
        project.run("workspace", "delete", "default").fails("error: "),
    ]
    for result in refused:
        assert result.stdout == ""
        assert "TF_LOG" not in result.stderr
        assert "without a diagnostic" not in result.stderr
    assert project.run("workspace", "list").ok().stdout == "  default\n* dev\n"


def test_json_of_every_verb(project: Project) -> None:
    project.chain()

    def said(*args: str) -> object:
        found = json.loads(project.run("workspace", *args, "--json").ok().stdout)
        assert found.pop("version") == 1
        return found

    assert said("show") == {"current": "default"}
    assert said("new", "dev") == {"created": "dev", "current": "dev"}
    assert said("select", "default") == {"current": "default"}
    assert said("delete", "dev") == {"deleted": "dev"}
