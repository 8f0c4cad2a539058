"""Every JSON document of ours is an object that says which form it has."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

A = "terraform.terraform_data.a"


def test_each_has_a_version(project: Project) -> None:
    project.chain().run("apply").ok()
    project.run("plan", "-out", "F").ok()
    for line in (
        "plan",
        "plan --diff",
        "show F",
        "state list",
        f"state show {A}",
        f"why {A}.id",
        "graph",
        "doctor",
        "providers",
        "workspace list",
        "workspace show",
        "init",
        "render --out out",
        f"taint {A}",
        "state pull --out s.json",
        "convert .",
    ):
        if line == "convert .":
            (project.directory / "main.tf").write_text('resource "terraform_data" "x" {}\n')
            (project.directory / "flake.nix").unlink()
        found = project.run(*line.split(), "--json")
        assert json.loads(found.stdout)["version"] == 1, line


def test_each_goes_into_a_file_too(project: Project) -> None:
    project.chain().run("apply").ok()
    for line in ("graph", f"why {A}.id", "doctor", "providers", "state list", "eval 1", "render --out out", "show"):
        human = project.run(*line.split()).stdout
        assert project.run(*line.split(), "-json-into=into.json").stdout == human, line
        json.loads((project.directory / "into.json").read_text())
