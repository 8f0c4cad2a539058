"""show: the state and saved plans; providers."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_the_state_as_text_and_as_the_engine_has_it(project: Project) -> None:
    assert project.chain().run("show").ok().stdout == "No resources in state.\n"
    project.run("apply").ok()
    a = project.attributes("terraform_data.a")["id"]
    text = project.run("show").ok().stdout
    assert text.startswith(f"terraform.terraform_data.a\n id = {a}\n input = one\n")
    assert text.endswith(f"\n\nOutputs\n b = from {a}\n")
    found = json.loads(project.run("show", "-json").ok().stdout)
    assert {r["address"] for r in found["values"]["root_module"]["resources"]} == {
        "terraform_data.a",
        "terraform_data.b",
    }


def test_a_plan_of_the_engine(project: Project) -> None:
    project.chain().run("apply").ok()
    project.chain("two").run("plan").ok()
    work = project.directory / ".nivis/work"
    # Phase 1 of the new configuration is what lies in the working directory after a plan.
    project.engine(
        f"-chdir={work}",
        "plan",
        "-var-file=nivis_run.tfvars.json",
        "-exclude=terraform_data.b",
        f"-out={project.directory / 'p.tfplan'}",
    )
    text = project.run("show", "p.tfplan").ok().stdout
    assert " ~ terraform.terraform_data.a (terraform_data)\n" in text
    found = json.loads(project.run("show", "--json", "p.tfplan").ok().stdout)
    assert found["complete"] is True
    assert found["deferred_changes"] == []
    assert any(c["address"] == "terraform_data.a" for c in found["resource_changes"])
    project.run("show", "nowhere.tfplan").fails("No such plan file")


def test_providers_says_who_uses_what(project: Project) -> None:
    project.chain()
    assert project.run("providers").ok().stdout == (
        "terraform  terraform.io/builtin/terraform  built in\n"
        "   terraform.terraform_data.a\n"
        "   terraform.terraform_data.b\n"
    )
    [found] = json.loads(project.run("providers", "--json").ok().stdout)["providers"]
    assert found["key"] == "terraform"
    assert found["users"] == ["terraform.terraform_data.a", "terraform.terraform_data.b"]


def test_instances_are_shown_as_what_they_are_and_called_by_their_ids(project: Project) -> None:
    x = "terraform.terraform_data.x"
    project.flake(
        "ir [ x ] { outputs.none = null; outputs.one = 1; }",
        let=r"""x = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "x";
          config = { count = 2; input = lib.expr "i-\${count.index}"; }; };""",
    ).run("apply").ok()
    assert project.run("state", "list").ok().stdout.splitlines() == [f"{x}[0]", f"{x}[1]"]
    for name in (f"{x}[0]", "terraform_data.x[0]"):
        assert " input = i-0\n" in project.run("state", "show", name).ok().stdout
        assert json.loads(project.run("state", "show", "--json", name).ok().stdout)["attributes"]["output"] == "i-0"
    assert f"{x}[1]\n" in project.run("show").ok().stdout
    # A null output is declared, although no state holds it.
    assert project.run("output").ok().stdout == "none = <nil>\none = 1\n"
    assert project.run("output", "none").ok().stdout == "<nil>\n"
    assert json.loads(project.run("output", "--json").ok().stdout)["none"]["value"] is None
    project.run("taint", f"{x}[1]").ok()
    assert project.run("state", "rm", x).ok().stdout.splitlines()[0] == "Removed 1 resource(s) from the state:"
    assert project.run("state", "list").ok().stdout == "No resources in state.\n"
