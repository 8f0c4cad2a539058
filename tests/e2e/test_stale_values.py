"""Values computed from old outputs that the engine cannot plan with, although the upstream has been mended."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

# How the value of `a` is used by what breaks; `@good@` is a file that exists.
USES = {
    "data": """
      r = lib.mkData {
        provider = "terraform"; type = "terraform_remote_state"; name = "r";
        config = { backend = "local"; config.path = value; };
      };
      user = data "user" (r.refPath [ "outputs" "o" ]);
    """,
    "an expression": """
      r = data "r" (lib.derived { inputs = [ value ]; render = v: lib.expr "\\${file(\\"${builtins.head v}\\")}"; });
      user = data "user" (r.refAttr "output");
    """,
    "a condition": """
      r = lib.mkResource {
        provider = "terraform"; type = "terraform_data"; name = "r"; config.input = 1;
        meta.lifecycle.precondition = [ {
          condition = lib.expr [ "\\${fileexists(" value ") && terraform_data.other.input == 1}" ]; error_message = "no such file";
        } ];
      };
      user = data "user" (r.refAttr "output");
    """,
}
LET = """
  a = data "a" "@path@";
  value = lib.str [ (a.refAttr "output") ];
"""
STATE = {
    "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": [],
    "outputs": {"o": {"value": "hello", "type": "string"}},
}  # fmt: skip


def write(project: Project, use: str, path: str) -> Project:
    members = "dataSources = [ r ];" if use == "data" else "modules = [ ];"
    resources = "a user other" if use == "data" else "a user other r"
    let = LET.replace("@path@", path) + USES[use] + 'other = data "other" 1;'
    return project.flake(f"ir [ {resources} ] {{ {members} }}", let=let)


@pytest.mark.parametrize("use", USES)
def test_a_mended_upstream_is_enough(project: Project, use: str) -> None:
    good = project.directory / "up.json"
    good.write_text(json.dumps(STATE))
    write(project, use, str(good)).run("apply").ok()
    before = project.attributes("terraform_data.user")
    # The new value is planned, so that a run with it applies `a` and breaks on what is computed from it.
    broken = write(project, use, "/nowhere/at-all").run("apply")
    assert broken.code == 1
    if project.attributes("terraform_data.a")["output"]["value"] != "/nowhere/at-all":
        # Refused before anything was applied: make the state say so all the same.
        project.flake('ir [ (data "a" "/nowhere/at-all") ] { }').run("apply", "--target", "a").ok()
    # Not mended: the engine's own words, in plan and apply alike.
    for verb in ("plan", "apply"):
        write(project, use, "/nowhere/at-all").run(verb).fails("error: ")
    assert "a bug" not in project.run("refresh").ok().stderr
    write(project, use, str(good))
    plan = project.run("plan").ok()
    assert " ~ terraform.terraform_data.a" in plan.stdout
    assert "-/+" not in plan.stdout
    project.run("apply").ok()
    assert project.attributes("terraform_data.user") == before
    assert "No changes" in project.run("plan").ok().stdout


def test_an_error_that_old_values_did_not_make_costs_no_second_plan(project: Project) -> None:
    let = 'a = data "a" 1; b = data "b" (lib.expr "${file(\\"/nowhere\\")}"); '.replace("${", "\\${")
    project.flake("ir [ a ] { }", let=let).run("apply").ok()
    project.flake("ir [ a b ] { }", let=let)
    assert project.run("plan", "--log-level", "debug").fails("no file exists").engine.count("plan") == 1
