"""A script of an existing pipeline, run with `tofu` and, changed in that one word, with `nivis`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

SCRIPT = """
step() { "$@"; echo "$1 $2: $?" >&3; }
exec 3> codes
step $TOOL init -input=false -no-color
step $TOOL validate -no-color
step $TOOL plan -input=false -no-color -out=F
step $TOOL plan -input=false -detailed-exitcode -lock-timeout=30s -compact-warnings
$TOOL show -json F > plan.json
python3 -c 'import json; json.load(open("plan.json"))["resource_changes"]' || exit 1
step $TOOL apply -input=false -no-color F
step $TOOL plan -input=false -detailed-exitcode -parallelism=5
step $TOOL plan -input=false -detailed-exitcode -var zone=west
step $TOOL apply -input=false -auto-approve -var=zone=west -replace=terraform_data.a
step $TOOL output -json
$TOOL output -json > outputs.json
step $TOOL output -raw zone
step $TOOL plan -input=false -target=terraform_data.nosuch[0] -refresh=false
step $TOOL apply -input=false F
step $TOOL plan -nonsense
step $TOOL destroy -auto-approve -var zone=west
step $TOOL plan -destroy -input=false -detailed-exitcode
"""
MAIN = """
terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
  backend "local" { path = "the.tfstate" }
}
variable "zone" { default = "east" }
resource "terraform_data" "a" { input = var.zone }
resource "terraform_data" "many" {
  for_each = toset(["x", "y"])
  input    = "${each.key} ${terraform_data.a.output}"
}
output "zone" { value = terraform_data.a.output }
output "many" { value = { for k, v in terraform_data.many : k => v.output } }
"""
# Naming nothing is no error for tofu; here it is, since it is a mistake.
DIFFERENT = {"plan: 0": "plan: 1"}


def run(project: Project, tool: Path, directory: Path) -> tuple[list[str], dict[str, object], list[str]]:
    """Exit codes by step, the outputs, and the addresses of the first plan."""
    directory.mkdir()
    (directory / "main.tf").write_text(MAIN)
    if tool == NIVIS:
        (directory / "flake.nix").write_text(
            """{
              inputs.nivis.url = "github:wearetechnative/nivis";
              outputs = { self, nivis }: {
                nivis.plan = ledger: nivis.lib.toIR { rootModule = "."; inherit ledger; };
              };
            }"""
        )
    env = {**project.env, "TOOL": str(tool), "PATH": os.environ["PATH"]}
    subprocess.run(["bash", "-c", SCRIPT], cwd=directory, env=env, check=True, stdin=subprocess.DEVNULL)
    codes = [line.split("/")[-1].split(" ", 1)[1] for line in (directory / "codes").read_text().splitlines()]
    plan = json.loads((directory / "plan.json").read_text())
    outputs = {k: v["value"] for k, v in json.loads((directory / "outputs.json").read_text()).items()}
    return codes, outputs, sorted(c["address"] for c in plan["resource_changes"])


def test_the_same_script_gives_the_same_codes(project: Project) -> None:
    theirs, ours = (
        run(project, tool, project.directory / name) for tool, name in ((project.tofu, "tofu"), (NIVIS, "nivis"))
    )
    named_nothing = next(i for i, code in enumerate(theirs[0]) if i > 8 and code == "plan: 0")
    assert ours[0][named_nothing] == DIFFERENT[theirs[0][named_nothing]]
    theirs[0][named_nothing] = ours[0][named_nothing]
    assert ours == theirs
    assert ours[0].count("plan: 2") == 2
    assert ours[1] == {"zone": "west", "many": {"x": "x west", "y": "y west"}}
