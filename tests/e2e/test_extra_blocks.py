"""Blocks that pass through `extra`: each on the real engine, in plan and in apply."""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def extra(project: Project, extra: str, *, let: str = "", resources: str = "a b") -> Project:
    standard = 'a = data "a" "one"; b = data "b" (lib.str [ "b of " (a.refAttr "id") ]);'
    return project.flake(f"ir [ {resources} ] {{ extra = {{ {extra} }}; }}", let=let or standard)


def settled(project: Project) -> None:
    assert "No changes" in project.run("plan").ok().stdout


def test_moved(project: Project) -> None:
    extra(project, "").run("apply").ok()
    before = project.attributes("terraform_data.a")["id"]
    let = 'c = data "c" "one"; b = data "b" (lib.str [ "b of " (c.refAttr "id") ]);'
    extra(project, 'moved = { from = "terraform.terraform_data.a"; to = c; };', let=let, resources="c b")
    plan = project.run("plan").ok().stdout
    assert " > terraform.terraform_data.c" in plan
    assert "moved" in plan
    project.run("apply").ok()
    assert project.attributes("terraform_data.c")["id"] == before
    settled(project)


def test_an_address_may_be_an_expression_but_nothing_else(project: Project) -> None:
    extra(project, "").run("apply").ok()
    let = 'c = data "c" "one"; b = data "b" (lib.str [ "b of " (c.refAttr "id") ]);'
    moved = 'moved = [ { from = lib.expr "\\${terraform_data.a}"; to = c; } ];'
    extra(project, moved, let=let, resources="c b")
    assert " > terraform.terraform_data.c" in project.run("plan").ok().stdout
    extra(project, "moved = [ { from = 1; to = c; } ];", let=let, resources="c b")
    project.run("plan").fails("An address is needed", "extra.moved[0].from", "flake.nix:")


def test_import(project: Project) -> None:
    extra(project, 'import = [ { to = a; id = "given-id"; } { to = b; id = "other"; } ];')
    plan = project.run("plan").ok().stdout
    assert " < terraform.terraform_data.a" in plan
    assert " < terraform.terraform_data.b" in plan
    assert "< imported" in plan
    # What an import reads is known at plan: it costs no phase, and attributes can be shown.
    detail = project.run("plan", "--diff").ok().stdout
    assert '     + input = "b of given-id"' in detail
    applied = project.run("apply").ok().stdout
    assert "across 1 phase(s):" in applied
    assert "terraform.terraform_data.a" in applied
    assert project.attributes("terraform_data.a")["id"] == "given-id"
    assert project.attributes("terraform_data.b")["id"] == "other"
    assert project.attributes("terraform_data.b")["output"]["value"] == "b of given-id"
    settled(project)


def test_removed_is_forgotten_and_not_destroyed(project: Project) -> None:
    extra(project, "").run("apply").ok()
    forget = 'removed = { from = "terraform.terraform_data.b"; lifecycle = { destroy = false; }; };'
    extra(project, forget, resources="a")
    plan = project.run("plan").ok().stdout
    assert " x terraform.terraform_data.b" in plan
    assert "x forgotten, not destroyed" in plan
    applied = project.run("apply").ok().stdout
    assert "terraform.terraform_data.b  forgotten" in applied
    assert project.run("state", "list").ok().stdout == "terraform.terraform_data.a\n"
    settled(project)


def test_check_tells_and_does_not_stop(project: Project) -> None:
    check = """check.zone."assert" = {
      condition = lib.expr [ "\\${" (a.refAttr "output") " == \\"two\\"}" ];
      error_message = "the zone is not two";
    };"""
    extra(project, check)
    applied = project.run("apply").ok()
    assert "the zone is not two" in applied.stderr
    flake = project.directory / "flake.nix"
    flake.write_text(flake.read_text().replace('"a" "one"', '"a" "two"'))
    assert "the zone is not two" not in project.run("apply").ok().stderr
    settled(project)


def test_variable_and_locals(project: Project) -> None:
    blocks = """
      variable.zone = { type = "string"; default = "eu"; description = "a \\${template} it is not"; };
      locals = { made = lib.expr "in ''${var.zone}"; plain = "''${not.one}"; };
    """
    let = """
      a = data "a" (lib.expr "''${local.made}");
      b = data "b" (lib.str [ "b of " (a.refAttr "output") ]);
      c = data "c" (lib.expr "''${local.plain}");
    """.replace("''${", "\\${")
    extra(project, blocks.replace("''${", "\\${"), let=let, resources="a b c").run("apply").ok()
    assert project.attributes("terraform_data.b")["output"]["value"] == "b of in eu"
    assert project.attributes("terraform_data.c")["output"]["value"] == "${not.one}"
    project.env["TF_VAR_zone"] = "us"
    assert " ~ terraform.terraform_data.b" in project.run("plan").ok().stdout
    project.run("apply").ok()
    assert project.attributes("terraform_data.b")["output"]["value"] == "b of in us"
    settled(project)


def test_terraform_settings(project: Project) -> None:
    extra(project, 'terraform.required_version = ">= 1.0";').run("apply").ok()
    rendered = json.loads((project.directory / ".nivis/work/main.tf.json").read_text())
    assert rendered["terraform"]["required_version"] == ">= 1.0"


def test_unknown_block(project: Project) -> None:
    extra(project, "resourse = { };").run("plan").fails("extra.resourse is not a block that can be passed through")


def test_conditions_of_a_resource_are_checked_also_with_values_that_nix_computes(project: Project) -> None:
    let = """a = data "a" "one";
      b = data "b" "two" // { meta.lifecycle = {
        precondition = [ {
          condition = lib.expr "\\${terraform_data.a.output == \\"@\\"}";
          error_message = lib.str [ "not so: " (a.refAttr "id") ];
        } ];
        postcondition = [ { condition = lib.expr "\\${self.input == \\"two\\"}"; error_message = "never"; } ];
      }; };"""
    refused = extra(project, "", let=let.replace("@", "other")).run("apply").fails("not so: ", "terraform_data.b")
    assert " ✓ terraform.terraform_data.a" in refused.stdout
    assert "b" not in {line.rsplit(".", 1)[-1] for line in project.run("state", "list").ok().stdout.split()}
    extra(project, "", let=let.replace("@", "one")).run("apply").ok()
    settled(project)
