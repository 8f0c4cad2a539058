"""What a plan says to whoever reviews it: counts and phases, styles, documents for pull requests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.project import Project

SECRET = "hunter2-and-more"
LET = """
    vars = lib.mkVars {
      secret = { type = "str"; sensitive = true; default = "SECRET"; };
      generation = { type = "str"; default = "one"; };
      style = { type = "str"; default = "list"; };
      gone = { type = "bool"; default = false; };
    };
    make = name: config: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name config; };
""".replace("SECRET", SECRET)
PLAN = """
    let
      v = vars (ledger.vars or { });
      a = make "a" { triggers_replace = v.generation; input = "x"; };
      b = make "b" {
        input = lib.str [ "see " (a.refAttr "id") " and more" ];
        triggers_replace = lib.str [ "t-" (a.refAttr "id") ];
      };
      c = make "c" { input = b.refAttr "id"; };
      s = make "s" { input = v.secret; };
      old = make "old" { input = 1; };
      hosts = lib.whenKnown {
        name = "hosts"; inputs = [ (b.refAttr "id") ]; resources = ids: [ (make "m" { input = ids; }) ];
      };
    in lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [ a b c s hosts ] ++ (if v.gone then [ ] else [ old ]);
      outputs.a = a.refAttr "id";
      settings.style = v.style;
      inherit ledger;
    }
"""
A, B, C = (f"terraform.terraform_data.{name}" for name in "abc")


@pytest.fixture
def project(tmp_path: Path, tofu_exe: Path) -> Project:
    return Project(tmp_path, tofu_exe).flake(PLAN, let=LET)


@pytest.mark.engine
@pytest.mark.nix
def test_a_new_project_in_every_style(project: Project) -> None:
    plain = project.run("plan").ok()
    assert plain.stderr.splitlines()[-4:] == [
        "Plan: 5 to add, 0 to change, 0 to destroy, in 3 phases.",
        "phase 1: terraform.terraform_data.a, terraform.terraform_data.s, terraform.terraform_data.old",
        f"phase 2: {B}, {C}, waits for {A}.id",
        f"phase 3: ? hosts, waits for {B}.id",
    ]
    assert " ~ output.a\n" in plain.stdout
    diff = project.run("plan", "--diff").ok()
    assert f'+ input = "see " + {A}.id + " and more" (computed in Nix, known after phase 1)' in diff.stdout
    assert f"+ input = {B}.id (known after phase 2)" in diff.stdout
    assert "2 more known after apply" in diff.stdout
    assert " + output.a\n" in diff.stdout
    full = project.run("plan", "--style", "full").ok()
    assert "+ id, output = (known after phase 1)" in full.stdout
    # A flag before the environment, the environment before the flake.
    assert project.run("plan", "--style=list", env={"NIVIS_STYLE": "full"}).ok().stdout == plain.stdout
    assert project.run("plan", "--diff", env={"NIVIS_STYLE": "full"}).ok().stdout == diff.stdout
    assert project.run("plan", "--var", "style=diff", env={"NIVIS_STYLE": "full"}).ok().stdout == full.stdout
    assert project.run("plan", "--var", "style=diff").ok().stdout == diff.stdout
    project.run("plan", env={"NIVIS_STYLE": "loud"}).fails("Unknown style of a plan", "list, diff, full")
    assert project.run("plan", "--log-level", "quiet").ok().stderr == ""


@pytest.mark.engine
@pytest.mark.nix
def test_a_change_with_replacements(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    project.run("apply", env={"GITHUB_STEP_SUMMARY": str(page)}).ok()
    assert "### nivis apply" in page.read_text()
    assert f"| created | `{B}` | 2 |" in page.read_text()
    page.unlink()
    given = ("--var", "generation=two", "--var", "gone=true")
    found = project.run("plan", "--style", "diff", *given, env={"GITHUB_STEP_SUMMARY": str(page)}).ok()
    assert "Plan: 2 to add, 1 to change, 3 to destroy, in 3 phases." in found.stderr
    assert f"phase 2: {B}, {C}, waits for {A}.id\n" in found.stderr
    assert "# `triggers_replace` cannot be changed in place\n" in found.stdout
    late = "# `triggers_replace` cannot be changed in place; it stays if the value comes out equal; "
    assert f"{late}its old object goes in phase 1, before what it depends on\n" in found.stdout
    assert "# it is no longer in the configuration" in found.stdout
    # What outputs were is compared in the preview, and no secret for that.
    assert '~ input = "see ' in found.stdout
    assert "(sensitive)" not in found.stdout
    assert "= 1 unchanged attribute\n" in found.stdout
    # The page of a pipeline says the same as a document made for it.
    document = project.run("plan", "--markdown", *given).ok().stdout
    assert page.read_text().strip() == document.strip()
    assert "**Plan: 2 to add, 1 to change, 3 to destroy, in 3 phases.**" in document
    assert document.count("```diff") == 6
    assert "```mermaid" in document
    changes = {c["id"]: c for c in json.loads(project.run("plan", "--json", *given).ok().stdout)["changes"]}
    assert (changes[B]["phase"], changes[B]["derived_from"]) == (2, [f"{A}.id"])
    assert (changes[A]["phase"], changes[A]["derived_from"]) == (1, [])
    # The page of a plan that fails has the error.
    page.unlink()
    project.run("plan", "--no-destroy", *given, env={"GITHUB_STEP_SUMMARY": str(page)}).fails("no-destroy")
    assert "3 to destroy" in page.read_text()
    assert "It failed." in page.read_text()


@pytest.mark.engine
@pytest.mark.nix
def test_a_plan_file_as_a_document(project: Project) -> None:
    project.run("apply").ok()
    project.run("plan", "-out", "F", "--var", "generation=two", "--var", f"secret={SECRET}-new").ok()
    shown = project.run("show", "F").ok()
    assert "Plan: 2 to add, 2 to change, 2 to destroy, in 3 phases." in shown.stderr
    assert f"phase 2: {B}, {C}, waits for {A}.id\n" in shown.stderr
    assert shown.stdout.count(f"{B} ") == 1
    document = project.run("show", "--markdown", "F").ok().stdout
    assert "2 to add, 2 to change, 2 to destroy, in 3 phases." in document
    assert '!     triggers_replace = "one" -> "two"  # forces replacement' in document
    # The engine forgets that the output of this resource is a secret.
    assert SECRET not in document
    project.run("show", "--markdown").fails("Nothing to review")


@pytest.mark.engine
@pytest.mark.nix
def test_a_destroy_and_nothing_to_do(project: Project) -> None:
    project.run("apply").ok()
    assert "Plan:" not in project.run("plan").ok().stderr
    found = project.run("plan", "-destroy").ok()
    assert "Plan: 0 to add, 0 to change, 6 to destroy, in 1 phase." in found.stderr
    assert "No changes. 6 resource(s) up to date." in project.run("plan", "--markdown").ok().stdout
