"""Errors of the engine and its providers name the resource and the line in the flake, not a generated file."""

from __future__ import annotations

import subprocess

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def line_of(project: Project, text: str) -> int:
    lines = (project.directory / "flake.nix").read_text().splitlines()
    return next(i for i, line in enumerate(lines, 1) if text in line)


def test_a_wrong_expression(project: Project) -> None:
    project.flake(
        "ir [ a ] { }",
        let="""a = lib.mkResource {
        provider = "terraform"; type = "terraform_data"; name = "a";
        config = {
          input = lib.expr "\\${nosuch.thing}";
        };
      };""",
    )
    place = f"flake.nix:{line_of(project, 'nosuch')}:"
    result = project.run("plan").fails("Reference to undeclared", "terraform.terraform_data.a, attribute input", place)
    assert "main.tf.json" not in result.stderr


def test_inside_a_git_tree_and_while_applying(project: Project) -> None:
    project.flake(
        "ir [ a ] { }",
        let="""a = lib.mkResource {
        provider = "terraform"; type = "terraform_data"; name = "a";
        config.provisioner."local-exec" = [ { command = "exit 3"; } ];
      };""",
    )
    for line in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *line], cwd=project.directory, check=True)
    place = f"flake.nix:{line_of(project, 'exit 3')}:"
    result = project.run("apply").fails("local-exec", "at terraform.terraform_data.a, attribute provisioner", place)
    assert "main.tf.json" not in result.stderr
    assert "/nix/store" not in result.stderr


def test_what_is_no_resource_has_a_place_too(project: Project) -> None:
    project.flake(
        """ir [ a ] {
        outputs.wrong = lib.expr "\\${nosuch.thing}";
        extra.check.health."assert" = [ { condition = lib.expr "\\${nosuch.other}"; error_message = "no"; } ];
      }""",
        let='a = data "a" "x";',
    )
    result = project.run("plan").fails("output.wrong", "extra.check")
    for text in ("nosuch.thing", "nosuch.other"):
        assert f"flake.nix:{line_of(project, text)}:" in result.stderr
    assert "main.tf.json" not in result.stderr


def test_a_resource_that_breaks_the_rules_of_nivis_has_a_place(project: Project) -> None:
    project.flake("ir [ a ] { }", let='a = data "a" "x" // { provider = "nosuch"; id = "nosuch.terraform_data.a"; };')
    result = project.run("plan").fails(
        "uses the provider 'nosuch', which is not declared", f"at flake.nix:{line_of(project, 'nosuch')}:"
    )
    assert "/nix/store" not in result.stderr
    project.flake(
        "ir [ a b ] { }",
        let="""a = data "a" (lib.str [ (b.refAttr "id") ]);
      b = data "b" (lib.str [ (a.refAttr "id") ]);""",
    )
    place = f"at terraform.terraform_data.a, flake.nix:{line_of(project, 'a = data')}:"
    made = f"by `data` (flake.nix:{line_of(project, 'inherit name; config')}:"
    project.run("plan").fails("Dependency cycle", place, made)


def test_nix_says_what_is_wrong_before_it_says_everything(project: Project) -> None:
    project.flake("ir [ (data builtins.nosuch 1) ] { }")
    result = project.run("plan").fails("attribute 'nosuch' missing", "flake.nix:")
    lines = [line for line in result.stderr.splitlines() if line]
    assert lines[0] == "error: attribute 'nosuch' missing"
    assert lines[1].startswith(f"  at flake.nix:{line_of(project, 'nosuch')}:")


AWS = """b = lib.mkResource {
        provider = "aws"; type = "aws_s3_bucket"; name = "b";
        config = {
          force_destroy = true;
          bucket = "@NAME@";
        };
      };"""
PLAN = """lib.toIR {
  providers.aws = lib.mkProvider { source = "registry.opentofu.org/hashicorp/aws"; config = { @CONFIG@ }; };
  resources = [ b ]; inherit ledger;
}"""


@pytest.mark.aws
def test_a_provider_that_refuses(project: Project, aws_provider_env: dict[str, str]) -> None:
    """Its configuration, a value, a lack of credentials; in one project, which is initialised once."""
    env = {k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_CLI_CONFIG"))}

    def refused(config: str, name: str, *expected: str, without: tuple[str, ...] = ()) -> None:
        project.flake(PLAN.replace("@CONFIG@", config), let=AWS.replace("@NAME@", name))
        given = {k: v for k, v in env.items() if k not in without}
        at = (
            text.replace("@LINE@", f"flake.nix:{line_of(project, config if name == 'b' else name)}:")
            for text in expected
        )
        result = project.run("plan", env=given).fails(*at)
        assert "main.tf.json" not in result.stderr

    region = 'region = "eu-central-1";'
    refused(region, "x" * 80, "aws.aws_s3_bucket.b", "attribute bucket, @LINE@")
    refused('regoin = "eu-central-1";', "b", "Did you mean `region`?", "provider.aws, attribute regoin, @LINE@")
    refused('region = "nowhere at all";', "b", "nowhere at all", "@LINE@")
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")
    refused(region, "b", "credential", "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", without=keys)


@pytest.mark.parametrize(
    ("function", "members", "name"),
    [
        ("mkResource", "resources = [ a b c ]", "terraform.terraform_nosuch.b"),
        ("mkData", "resources = [ a ]; dataSources = [ b c ]", "data.terraform.terraform_nosuch.b"),
    ],
)
def test_a_type_that_the_provider_does_not_have(project: Project, function: str, members: str, name: str) -> None:
    project.flake(
        f"ir [ ] {{ {members}; }}",
        let=f"""a = data "a" 1;
      b = lib.{function} {{
        provider = "terraform"; type = "terraform_nosuch"; name = "b";
        config.x = 1;
      }};
      c = lib.{function} {{ provider = "terraform"; type = "terraform_nosuch"; name = "c"; config.x = 1; }};
    """,
    )
    place = f"flake.nix:{line_of(project, 'terraform_nosuch')}:"
    for verb in ("plan", "validate"):
        result = project.run(verb).fails("does not support", f"at {name}", place)
        assert "extra." not in result.stderr


@pytest.mark.parametrize("source", ["nosuch/thing", "example.invalid/nosuch/thing"])
def test_a_provider_that_cannot_be_had(project: Project, source: str) -> None:
    project.flake(
        f"""ir [ a ] {{
        providers = {{
          terraform = lib.mkProvider {{ source = "terraform.io/builtin/terraform"; }};
          things = lib.mkProvider {{ source = "{source}"; }};
        }};
      }}""",
        let='a = data "a" "x";',
    )
    place = f"flake.nix:{line_of(project, source)}:"
    project.run("plan").fails(source, "at provider.things", place)
