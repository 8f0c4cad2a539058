"""refresh; test_real_provider.py has objects that can drift."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_nothing_drifted_and_orphans_are_left_alone(project: Project) -> None:
    project.chain().run("apply").ok()
    before = project.attributes("terraform_data.b")
    project.flake("ir [ a ] { }", let='a = data "a" "one";')
    done = project.run("refresh").ok()
    assert done.stdout == "Refreshed 1 resource(s).\n"
    assert "left alone: terraform.terraform_data.b" in done.stderr
    assert project.attributes("terraform_data.b") == before
    found = json.loads(project.run("refresh", "--json").ok().stdout)
    assert found["refreshed"] == ["terraform.terraform_data.a"]
    assert found["left_alone"] == ["terraform.terraform_data.b"]


def test_an_empty_state_has_nothing_to_refresh(project: Project) -> None:
    assert project.chain().run("refresh").ok().stdout == "Refreshed 0 resource(s).\n"
