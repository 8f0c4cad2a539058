"""`gen`: constructors from real schemas, evaluated by real Nix, applied by the real engine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let lib = nivis.lib; in {
    nivis.plan = ledger: let
      @LET@
    in lib.toIR { inherit ledger; @IR@ };
  };
}
"""
TERRAFORM = 'providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };'


@pytest.fixture
def project(tmp_path: Path, tofu_exe: Path) -> Project:
    return Project(tmp_path, tofu_exe)


def write(project: Project, let: str, ir: str) -> Project:
    (project.directory / "flake.nix").write_text(FLAKE.replace("@LET@", let).replace("@IR@", ir))
    return project


def test_terraform_data_from_schema_to_state(project: Project) -> None:
    told = project.run("gen", "terraform.io/builtin/terraform", "--out", "gen/terraform").ok().stdout
    assert re.fullmatch(r"Wrote 1 resource\(s\) and 1 data source\(s\) of terraform.io/.* to gen/terraform.\n", told)
    text = (project.directory / "gen/terraform/resources/terraform_data.nix").read_text()
    assert "- `input` (dynamic)" in text
    assert "- `id`" in text.split("# Known after the apply")[1]
    body = """tf = import ./gen/terraform { inherit lib; };
      a = tf.terraform_data { name = "a"; config = { input = { n = [ 1 ]; }; }; };
      b = tf.terraform_data { name = "b"; config = { input = a.refAttr "id"; @MORE@ }; meta.dependsOn = [ a ]; };"""
    ir = f"{TERRAFORM} resources = [ a b ];"
    write(project, body.replace("@MORE@", ""), ir).run("apply").ok()
    assert project.attributes("terraform_data.b")["input"]["value"] == project.attributes("terraform_data.a")["id"]
    project.run("plan").ok()
    write(project, body.replace("@MORE@", "inputt = 1;"), ir)
    wrong = project.run("plan").fails("`terraform.terraform_data.b` has no argument `inputt`; did you mean `input`?")
    assert "at flake.nix:" in wrong.stderr
    assert "check.nix" not in wrong.stderr
    write(project, body.replace("@MORE@", 'id = "x";'), ir).run("plan").fails("has no argument `id`")
    # Errors of the engine still find the line in the flake.
    bad = body.replace('input = a.refAttr "id";', 'input = lib.expr "\\${nosuch.x}";').replace("@MORE@", "")
    write(project, bad, ir).run("plan").fails("terraform.terraform_data.b, attribute input", "flake.nix:7:")


def test_constructors_from_the_nix_store(project: Project) -> None:
    """Nothing is committed but the input, from which a clone elsewhere makes them again."""
    told = project.run("gen", "terraform.io/builtin/terraform", env={"NIVIS_LOG": "verbose"}).ok()
    assert "writing constructors" in told.stderr
    declared = told.stdout.splitlines()[1].strip()
    place = re.fullmatch(
        r'inputs.terraform = \{ type = "path"; path = "(/nix/store/[0-9a-z]{32}-source)"; '
        r'dir = "terraform.io/builtin/terraform/unversioned"; \};',
        declared,
    )
    assert place
    root = project.directory / ".nivis" / "roots" / "terraform"
    assert str(root.resolve()) == place[1]
    body = """tf = inputs.terraform.lib { inherit lib; };
      a = tf.terraform_data "a" { input = "x"; };
      b = tf.terraform_data "b" {
        input = a.refAttr "output";
      };"""
    project_with(project, declared, body).run("apply").ok()
    assert project.attributes("terraform_data.b")["output"]["value"] == "x"
    for wrong, said in (
        ("inputt = a.id;", "`terraform.terraform_data.b` has no argument `inputt`; did you mean `input`?"),
        ('input = a.refAttr "outptu";', "`terraform.terraform_data.a` has no output `outptu`; did you mean `output`?"),
        ("input = a.outptu;", 'Did you mean `a.refAttr "output"`?'),
    ):
        bad = body.replace('input = a.refAttr "output";', wrong)
        project_with(project, declared, bad).run("plan").fails(said, "at flake.nix:9:")
    # A store that has another tree, or none: here, and where nivis writes other constructors than it once did.
    other = declared.replace(place[1], "/nix/store/" + "a" * 32 + "-source")
    again = project_with(project, other, body).run("plan").ok()
    assert (
        "generating the constructors of terraform.io/builtin/terraform, which the Nix store does not have"
        in again.stderr
    )
    assert "No changes" in again.stdout
    project.run("gen", "terraform.io/builtin/terraform", "--type", "x").fails("--type needs --out")


def project_with(project: Project, declaration: str, body: str) -> Project:
    flake = FLAKE.replace("  outputs = { self, nivis }:", f"  {declaration}\n  outputs = inputs@{{ nivis, ... }}:")
    text = flake.replace("@LET@", body).replace("@IR@", f"{TERRAFORM} resources = [ a b ];")
    (project.directory / "flake.nix").write_text(text)
    return project


def test_a_directory_of_the_users_is_not_touched(project: Project) -> None:
    (project.directory / "mine").mkdir()
    (project.directory / "mine" / "default.nix").write_text("{ }")
    gen = ("gen", "terraform.io/builtin/terraform", "--out")
    project.run(*gen, "mine").fails("The directory is not empty")
    for _ in range(2):
        project.run(*gen, "made").ok()
    for name in ("resources/mine.nix", "data/deep/mine.txt"):
        path = project.directory / "made" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
        project.run(*gen, "made").fails("The directory is not empty", f"such as {name.rpartition('/')[0]}")
        assert path.read_text() == "mine"
        path.unlink()
        if name.startswith("data"):
            path.parent.rmdir()
    (project.directory / "made" / "check.nix").unlink()
    (project.directory / "made" / "check.nix").symlink_to("../flake.nix")
    project.run(*gen, "made").fails("The directory is not empty", "such as check.nix")
    project.run(*gen, ".nivis/made").fails("Nothing can be written there")
    project.run("gen", "terraform.io/builtin/terraform", "--out", "new", "--type", "x*").fails("No such type")
    assert (project.directory / "mine" / "default.nix").read_text() == "{ }"


def nix(project: Project, expression: str) -> str:
    """What Nix says, good or bad."""
    library = Path(__file__).parents[2] / "nivis_tofu" / "nixlib"
    code = f"let aws = import ./gen {{ lib = import {library}; }}; in builtins.toJSON ({expression})"
    argv = ["nix-instantiate", "--eval", "--strict", "-E", code]
    done = subprocess.run(argv, cwd=project.directory, capture_output=True, text=True, check=False)
    return done.stdout.replace("\\", "") + done.stderr


@pytest.mark.aws
def test_aws_shapes_and_an_apply(project: Project, aws_provider_env: dict[str, str]) -> None:
    project.env |= {k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_CLI_CONFIG"))}
    project.run("gen", "aws", "--type", "aws_s3_*", "--out", "gen").ok()
    cors = 'aws.aws_s3_bucket_cors_configuration { name = "c"; config = {'
    rule = '{ allowed_methods = [ "GET" ]; allowed_origins = [ "*" ]; }'
    wrapped = nix(project, f'({cors} bucket = "b"; cors_rule = {rule}; }}; }}).config.cors_rule')
    assert '[{"allowed_methods":["GET"],"allowed_origins":["*"]}]' in wrapped
    assert "needs `bucket`" in nix(project, f"({cors} cors_rule = {rule}; }}; }}).config")
    missing = nix(project, f'({cors} bucket = "b"; cors_rule = {{ allowed_methods = [ ]; }}; }}; }}).config')
    assert "cors_rule[0]` needs `allowed_origins`" in missing
    wrong = nix(project, f"({cors} bucket = [ ]; cors_rule = {rule}; }}; }}).config")
    assert "c.bucket` takes a string, got list" in wrong
    deep = nix(project, f'({cors} bucket = "b"; cors_rule = [ ({rule} // {{ max_age_second = 1; }}) ]; }}; }}).config')
    assert "cors_rule[0]` has no argument `max_age_second`; did you mean `max_age_seconds`?" in deep
    assert '"data.aws.aws_s3_bucket.d"' in nix(
        project, '(aws.data.aws_s3_bucket { name = "d"; config.bucket = "b"; }).id'
    )
    # Lazy: what is not used is not read.
    (project.directory / "gen" / "resources" / "aws_s3_bucket_acl.nix").write_text("this is no Nix {")
    write(
        project,
        """aws = import ./gen { inherit lib; };
      bucket = aws.aws_s3_bucket "demo" { bucket = "generated"; force_destroy = true; };
      note = aws.aws_s3_object {
        name = "note";
        config = { bucket = bucket.refAttr "id"; key = "k"; content = lib.str [ "in " (bucket.refAttr "arn") ]; };
      };""",
        """providers.aws = lib.mkProvider {
        source = "registry.opentofu.org/hashicorp/aws"; config.region = "eu-central-1";
      };
      resources = [ bucket note ];""",
    )
    project.run("apply").ok()
    assert project.attributes("aws_s3_object.note")["content"] == "in arn:aws:s3:::generated"
    assert "No changes" in project.run("plan").ok().stdout
