"""How many phases, plans and applies a configuration costs, seen from outside."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

EXAMPLES = Path(__file__).parents[2] / "examples"


def copy_example(project: Project, name: str) -> Project:
    shutil.copyfile(EXAMPLES / name / "flake.nix", project.directory / "flake.nix")
    return project


def test_three_phases_are_three_applies(project: Project) -> None:
    copy_example(project, "three-phases")
    first = project.run("apply", "--log-level", "debug").ok()
    assert first.engine.count("apply") == 3
    assert first.stdout.startswith("Applied 3 resource(s) across 3 phase(s):\n")
    assert project.run("plan").ok().stdout == "No changes. 3 resource(s) up to date.\n"

    second = project.run("apply", "--log-level", "debug").ok()
    assert second.stdout == "No changes. 3 resource(s) up to date.\n"
    assert second.engine == ["plan"]


def test_values_have_gone_through_nix(project: Project) -> None:
    copy_example(project, "three-phases").run("apply").ok()
    network = project.attributes("terraform_data.network")["id"]
    subnet = project.attributes("terraform_data.subnet")
    assert subnet["input"]["value"] == f"net-{network[:8]}"
    tag = subnet["id"][:4]
    expected = [f"net-{network[:8]}-{tag}-{n}" for n in (1, 2, 3)]
    assert project.attributes("terraform_data.hosts")["input"]["value"] == expected


def test_five_plain_references_are_one_phase(project: Project) -> None:
    names = [f"r{i}" for i in range(5)]
    let = 'r0 = data "r0" "start"; ' + " ".join(f'r{i} = data "r{i}" (r{i - 1}.refAttr "output");' for i in range(1, 5))
    project.flake(f"ir [ {' '.join(names)} ] {{ }}", let=let)
    result = project.run("apply", "--log-level", "debug").ok()
    assert result.stdout.startswith("Applied 5 resource(s) across 1 phase(s):\n")
    assert result.engine.count("apply") == 1
    assert project.run("plan").stdout == "No changes. 5 resource(s) up to date.\n"


def test_the_plain_references_example(project: Project) -> None:
    copy_example(project, "plain-refs")
    assert " across 1 phase(s):\n" in project.run("apply").ok().stdout


def test_stock_tofu_reads_the_state(project: Project) -> None:
    project.chain().run("apply").ok()
    listed = project.engine("state", "list", "-state=nivis.state.json").split()
    assert listed == ["terraform_data.a", "terraform_data.b"]
    assert sorted(p.name for p in project.directory.iterdir()) == [".nivis", "flake.nix", "nivis.state.json"]


def test_plan_lists_what_waits_and_changes_nothing(project: Project) -> None:
    result = project.chain().run("plan").ok()
    assert result.stdout.startswith(
        " + terraform.terraform_data.a (terraform_data)\n + terraform.terraform_data.b (terraform_data)\n"
    )
    assert project.state == b""


def test_a_changed_upstream_moves_its_dependants(project: Project) -> None:
    render = 'lib.derived { inputs = [ (a.refAttr "output") ]; render = v: "got ${builtins.head v}"; }'
    let = 'a = data "a" "%s"; b = data "b" (' + render + ");"
    project.flake("ir [ a b ] { }", let=let % "one").run("apply").ok()
    assert project.attributes("terraform_data.b")["output"]["value"] == "got one"

    project.flake("ir [ a b ] { }", let=let % "two")
    plan = project.run("plan").ok().stdout
    assert " ~ terraform.terraform_data.a" in plan
    assert " ~ terraform.terraform_data.b" in plan
    project.run("apply").ok()
    assert project.attributes("terraform_data.b")["output"]["value"] == "got two"
    assert project.run("plan").stdout == "No changes. 2 resource(s) up to date.\n"


def test_removed_from_the_flake_is_destroyed(project: Project) -> None:
    project.chain().run("apply").ok()
    project.flake('ir [ (data "a" "one") ] { }')
    assert " - terraform.terraform_data.b" in project.run("plan").ok().stdout
    project.run("apply").ok()
    assert project.run("state", "list").stdout == "terraform.terraform_data.a\n"


def test_template_marks_arrive_literally(project: Project) -> None:
    literal = '${file("/etc/hostname")} and %{ if true }x%{ endif } $${a} %%{b}'
    quoted = '"' + literal.replace('"', '\\"').replace("${", "\\${") + '"'
    project.flake(f'ir [ (data "a" {quoted}) ] {{ }}').run("apply").ok()
    assert project.attributes("terraform_data.a")["output"]["value"] == literal
