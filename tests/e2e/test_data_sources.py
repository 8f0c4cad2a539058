"""Data sources: native references to them, and values that Nix computes from what was read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """
  other = lib.mkData {
    provider = "terraform"; type = "terraform_remote_state"; name = "other";
    config = { backend = "local"; config = { path = "%s"; }; };
  };
  native = data "native" (other.refPath [ "outputs" "zone" ]);
  computed = data "computed" (lib.derived {
    inputs = { zone = other.refPath [ "outputs" "zone" ]; };
    render = { zone }: "host.${zone}";
  });
"""


def publish(project: Project, state: Path, zone: str) -> None:
    """Another configuration's state with one output."""
    module = state.parent / "module"
    module.mkdir(exist_ok=True)
    (module / "main.tf.json").write_text(json.dumps({"output": {"zone": {"value": zone}}}))
    argv: list[str | Path] = [project.tofu, "apply", "-auto-approve", "-input=false", f"-state={state}"]
    subprocess.run(argv, cwd=module, env=project.env, check=True, capture_output=True)


def test_values_read_reach_resources_and_nix(project: Project, tmp_path: Path) -> None:
    state = tmp_path / "other.tfstate"
    publish(project, state, "one.example")
    project.flake("ir [ native computed ] { dataSources = [ other ]; }", let=LET % state)
    project.run("apply").ok()
    assert project.attributes("terraform_data.native")["output"]["value"] == "one.example"
    assert project.attributes("terraform_data.computed")["output"]["value"] == "host.one.example"
    assert project.run("plan").ok().stdout == "No changes. 2 resource(s) up to date.\n"

    publish(project, state, "two.example")
    plan = project.run("plan").ok().stdout
    assert " ~ terraform.terraform_data.native" in plan
    assert " ~ terraform.terraform_data.computed" in plan
    project.run("apply").ok()
    assert project.attributes("terraform_data.computed")["output"]["value"] == "host.two.example"
    assert project.run("plan").ok().stdout == "No changes. 2 resource(s) up to date.\n"


def test_what_cannot_be_read(project: Project, tmp_path: Path) -> None:
    project.flake("ir [ native computed ] { dataSources = [ other ]; }", let=LET % (tmp_path / "missing"))
    project.refused("error: Unable to find remote state", "No stored state was found")


def test_a_relative_path_means_the_project(project: Project) -> None:
    other = project.directory / "other"
    other.mkdir()
    publish(project, other / "zone.tfstate", "north")
    project.flake("ir [ native computed ] { dataSources = [ other ]; }", let=LET % "other/zone.tfstate")
    project.run("apply").ok()
    assert project.attributes("terraform_data.native")["output"]["value"] == "north"
    assert project.attributes("terraform_data.computed")["output"]["value"] == "host.north"
