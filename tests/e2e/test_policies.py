"""Programs of the user's that may refuse a plan, in every verb that does something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.project import Project

A, B = "terraform.terraform_data.a", "terraform.terraform_data.b"
NOTHING = "true"
NO_B = """python3 -c '
import json, sys
plan = json.load(sys.stdin)
bad = [c["address"] for c in plan["resource_changes"] if c["address"].endswith(".b")]
print("not allowed:", *bad)
sys.exit(bool(bad))'"""
NO_DESTROY = """python3 -c '
import json, os, sys
plan = json.load(open(os.environ["NIVIS_PLAN"]))
sys.exit(any("delete" in c["change"]["actions"] for c in plan["resource_changes"]))'"""


@pytest.fixture
def project(tmp_path: Path, tofu_exe: Path) -> Project:
    return Project(tmp_path, tofu_exe).chain()


def test_a_check_sees_every_plan_before_it_is_done(project: Project) -> None:
    # What later phases are expected to do is in the document, and the plan of the first one has no `b` yet.
    shown = project.run("plan", "--check", "cat > plan.json").ok()
    assert shown.stdout == project.run("plan").ok().stdout
    document = json.loads((project.directory / "plan.json").read_text())
    assert [c["address"] for c in document["resource_changes"]] == ["terraform_data.a"]
    assert [c["resource_change"]["nivis_id"] for c in document["deferred_changes"]] == [B]
    assert document["complete"] is False

    # Refused in a later phase: what came before it stays, and the rest is not done.
    late = project.run("apply", "--check", NO_B).fails("A check refuses the plan", "Nothing more was changed")
    assert "not allowed: terraform_data.b" in late.stderr
    assert project.run("state", "list").ok().stdout == f"{A}\n"
    plan = project.run("plan", "--check", NO_B, "--check", NOTHING).fails("A check refuses the plan")
    assert f" + {B}" in plan.stdout
    project.run("apply", "--check", NOTHING).ok()
    assert not (project.directory / ".nivis" / "check.json").exists()

    # Nothing to do is nothing to refuse.
    project.run("apply", "--check", "false").ok()
    # A destroy is a plan as any other.
    project.refused("A check refuses the plan", "Nothing was changed", args=("destroy", "--check", NO_DESTROY))
    project.refused("A check refuses the plan", args=("plan", "-destroy", "--check", NO_DESTROY))


def test_what_the_flake_wants_holds_for_plan_files_too(project: Project) -> None:
    project.run("plan", "-out=one.tfplan").ok()
    flake = project.directory / "flake.nix"
    text = flake.read_text()
    flake.write_text(text.replace("{ outputs.b", '{ settings.checks = [ "exit 7" ]; outputs.b'))
    project.run("apply").fails("A check refuses the plan", "`exit 7` ended with 7", "Nothing was changed")
    project.run("apply", "one.tfplan").fails("A check refuses the plan")
    refused = project.run("plan", "-out=two.tfplan").fails("A check refuses the plan")
    assert f" + {A}" in refused.stdout
    assert project.state == b""
