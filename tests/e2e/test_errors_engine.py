"""What users meet once the engine is in play. Nothing may be lost, and nothing done that was not asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import STATE, Project, stop, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.nix]

SLOW = """lib.mkResource {
  provider = "terraform"; type = "terraform_data"; name = "slow";
  config = { input = "x"; provisioner."local-exec" = [ { command = "echo > '%s'; sleep 30"; } ]; };
}"""


def test_provider_that_is_not_to_be_had(project: Project, tmp_path: Path) -> None:
    """An empty mirror stands for a registry that cannot be reached."""
    (tmp_path / "mirror").mkdir()
    config = tmp_path / "tofurc"
    config.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{tmp_path}/mirror" }} }}\n')
    project.flake(
        'lib.toIR { inherit ledger; providers.nowhere = lib.mkProvider { source = "example/nowhere"; }; '
        'resources = [ (lib.mkResource { provider = "nowhere"; type = "nowhere_x"; name = "x"; }) ]; }'
    )
    project.env["TF_CLI_CONFIG_FILE"] = str(config)
    project.refused("error: Failed to query available provider packages", "example/nowhere", "mirror")


def test_two_ids_with_one_address(project: Project) -> None:
    project.flake(
        'ir [ (data "a" 1) (lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "b"; '
        'tofuName = "a"; }) ] { }'
    )
    project.refused(
        "'terraform.terraform_data.a' and 'terraform.terraform_data.b' have one engine address, 'terraform_data.a'",
        "give one of them another tofuName",
    )


@pytest.mark.parametrize("value", ['(lib.str [ "x" (b.refAttr "id") ])', '(b.refAttr "id")'], ids=["derived", "plain"])
def test_cycle_by_name(project: Project, value: str) -> None:
    project.chain().run("apply").ok()
    project.flake("ir [ a b ] { }", let=f'a = data "a" {value}; b = data "b" (lib.str [ (a.refAttr "id") ]);')
    project.refused(
        "error: Dependency cycle",
        "terraform.terraform_data.a -> terraform.terraform_data.b -> terraform.terraform_data.a",
        "hint: Break the cycle",
    )


def test_element_that_never_comes(project: Project) -> None:
    """Only the applied value tells: `output` may be anything."""
    path = 'a.refPath [ "output" "value" "y" ]'
    project.flake("ir [ a b ] { }", let=f'a = data "a" {{ x = 1; }}; b = data "b" (lib.str [ ({path}) ]);')
    texts = (
        "error: No such element",
        "`terraform.terraform_data.a.output.value.y`, which does not exist",
        "hint: Check",
    )
    result = project.run("apply").fails(*texts, "not started: terraform.terraform_data.b")
    assert result.stdout == "Applied 1 resource(s) across 1 phase(s):\n ✓ terraform.terraform_data.a\n"
    project.refused(*texts)


def test_phase_cap(project: Project) -> None:
    project.chain()
    result = project.run("apply", "--max-phases", "1").fails("error: Too many phases", "`--max-phases N`", code=3)
    assert result.stdout == "Applied 1 resource(s) across 1 phase(s):\n ✓ terraform.terraform_data.a\n"
    assert "not started: terraform.terraform_data.b" in result.stderr
    assert project.run("apply").ok().stdout.endswith(" ✓ terraform.terraform_data.b\n")


def test_configuration_that_does_not_come_to_rest(project: Project) -> None:
    """Reads its own output past the library's functions, and adds to it each time."""
    project.flake(
        'ir [ (data "a" "${ledger.outputs."terraform.terraform_data.a".output or ""}x") ] { }',
    )
    result = project.run("apply", "--max-phases", "4")
    assert result.code == 3, result.stderr
    assert "error: " in result.stderr
    assert "terraform.terraform_data.a" in project.run("state", "list").stdout


def test_state_newer_than_the_tool(project: Project) -> None:
    project.chain().run("apply").ok()
    path = project.directory / STATE
    good = path.read_text()
    path.write_text(json.dumps({**json.loads(good), "version": 5}))
    a = "terraform.terraform_data.a"
    changing = [("apply",), ("plan",), ("destroy",), ("refresh",), ("taint", a), ("import", a, "x")]
    for args in [*changing, ("state", "list"), ("output",), ("show", "--json"), ("graph",), ("why", a)]:
        project.refused("error: State is newer than the tool", "format version 5", "hint: ", args=args)
    path.write_text(good[:200])
    for args in [("apply",), ("state", "show", a), ("show", "--json")]:
        project.refused("error: The state cannot be read", args=args)


def test_second_run_is_told_who_holds_the_lock(project: Project, tmp_path: Path) -> None:
    started = tmp_path / "started"
    project.flake(f"ir [ ({SLOW % started}) ] {{ }}")
    first = project.start("apply")
    try:
        wait_for(started.exists, first)
        project.run("apply").fails(
            "error: Another run is in progress",
            f"held by `nivis apply` (process {first.pid}, ",
            " since 20",
            "hint: Wait for it to end, or wait here with `--lock-timeout 5m`.",
        )
        project.run("state", "list").ok()
    finally:
        stop(first)
    assert project.run("destroy").ok().stdout.startswith(("Destroyed 1", "Nothing"))


def test_state_lock_of_the_engine(project: Project, tmp_path: Path) -> None:
    """Stock tofu works on the same state."""
    started = tmp_path / "started"
    project.flake(f"ir [ ({SLOW % started}) ] {{ }}").run("plan").ok()
    project.run("validate").ok()  # renders the module into the working directory
    other = shutil.copytree(project.directory, tmp_path / "other", symlinks=True)
    module = other / ".nivis" / "work" / "main.tf.json"
    document = json.loads(module.read_text())
    document["terraform"]["backend"]["local"]["path"] = str(project.directory / STATE)
    module.write_text(json.dumps(document))
    argv: list[str | Path] = [project.tofu, "apply", "-auto-approve", "-input=false", "-var-file=nivis_run.tfvars.json"]
    subprocess.run([project.tofu, "init", "-reconfigure"], cwd=module.parent, env=project.env, capture_output=True)
    holder = subprocess.Popen(
        argv, cwd=module.parent, env=project.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        wait_for(started.exists, holder)
        project.run("apply").fails("error: Error acquiring the state lock", "OperationTypeApply", "Created:")
    finally:
        stop(holder)


def test_prevent_destroy_and_no_destroy(project: Project) -> None:
    project.flake(
        'ir [ (lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "keep"; '
        "meta.lifecycle.preventDestroy = true; }) ] { }"
    )
    project.run("apply").ok()
    project.refused("keep", args=("destroy",))
    project.flake('ir [ (data "other" 1) ] { }')
    project.refused("error: ", "keep", args=("apply", "--no-destroy"))


def test_failed_apply_keeps_what_was_done(project: Project) -> None:
    failing = (
        'lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "bad"; '
        'config = { input = a.refAttr "id"; provisioner."local-exec" = [ { command = "exit 7"; } ]; }; }'
    )
    project.flake(
        "ir [ a bad c ] { }",
        let=f'a = data "a" 1; bad = {failing}; c = data "c" (lib.str [ (bad.refAttr "id") ]);',
    )
    result = project.run("apply").fails("local-exec", "exit status 7", "not started: terraform.terraform_data.c")
    assert result.stdout.splitlines()[:2] == [
        "Applied 1 resource(s) across 1 phase(s):",
        " ✓ terraform.terraform_data.a",
    ]
    assert "terraform.terraform_data.a" in project.run("state", "list").stdout


@pytest.mark.aws
def test_name_already_taken(project: Project, aws_provider_env: dict[str, str]) -> None:
    """The advice is followed to its end: the object is taken over and nothing is left to do."""
    project.env = {**aws_provider_env, "NIVIS_TOFU": str(project.tofu)}
    project.flake(
        "lib.toIR { inherit ledger; resources = [ bucket role ]; "
        'providers.aws = lib.mkProvider { source = "hashicorp/aws"; config.region = "eu-central-1"; }; }',
        let="""
          bucket = lib.mkResource {
            provider = "aws"; type = "aws_s3_bucket"; name = "b"; config = { bucket = "taken-name"; };
          };
          role = lib.mkResource {
            provider = "aws"; type = "aws_iam_role"; name = "r";
            config = { name = "taken-role"; assume_role_policy = builtins.toJSON { Version = "2012-10-17"; Statement = [ {
              Effect = "Allow"; Action = "sts:AssumeRole"; Principal.Service = "ec2.amazonaws.com"; } ]; }; };
          };
        """,
    )
    project.run("apply").ok()
    project.run("state", "rm", "aws.*").ok()
    advice = ["import aws.aws_s3_bucket.b taken-name", "import aws.aws_iam_role.r taken-role"]
    project.run("apply").fails("Choose another name", *(f"`nivis {command}`" for command in advice))
    for command in advice:
        project.run(*command.split()).ok()
    project.run("plan").ok()
    assert project.run("state", "list").ok().stdout == "aws.aws_iam_role.r\naws.aws_s3_bucket.b\n"
