"""`adopt`: an existing OpenTofu project of some size goes on as a flake, and nothing of it changes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

MAIN = r"""
terraform {
  required_version = ">= 1.6"
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}

variable "zone" {
  type    = string
  default = "eu"
}

locals {
  prefix = "acme-${var.zone}"
  tags   = { team = "core", "cost centre" = 7 }
}

# The network comes first.
resource "terraform_data" "net" {
  input = "10.0.0.0/16"
}

resource "terraform_data" "subnet" {
  for_each = { a = 1, b = 2, c = 3 }
  input    = "${terraform_data.net.output}/${each.key}/${each.value}"
}

resource "terraform_data" "zone" {
  count = 2
  input = count.index
}

resource "terraform_data" "gateway" {
  input = terraform_data.net.id # a plain reference
}

resource "terraform_data" "route" {
  input = {
    gateway = terraform_data.gateway.output
    subnets = [for s in terraform_data.subnet : s.output]
    name    = upper("${local.prefix}-route")
    nested  = { list = [1, 2.5, -3, null, true], text = "a \"quote\", $${not} %%{this}\ttab" }
  }
  triggers_replace = [terraform_data.net.id, terraform_data.gateway.output]
}

resource "terraform_data" "script" {
  input = <<-EOT
    #!/bin/sh
    echo "hello" } {
      indented
  EOT
}

resource "terraform_data" "unit" {
  input = <<EOT
name=${local.prefix}
id=${terraform_data.script.id}
EOT
}

resource "terraform_data" "kept" {
  input      = "ü ${terraform_data.route.output.name}!"
  depends_on = [terraform_data.script, terraform_data.gateway]
  lifecycle {
    prevent_destroy = false
    ignore_changes  = [triggers_replace]
  }
}

resource "terraform_data" "checked" {
  input = "x"
  lifecycle {
    precondition {
      condition     = var.zone != ""
      error_message = "no zone"
    }
  }
}

resource "terraform_data" "renamed" { input = join(",", [terraform_data.unit.id, "z"]) }

moved {
  from = terraform_data.old_name
  to   = terraform_data.renamed
}

resource "terraform_data" "in" { input = terraform_data.subnet["a"].output }
resource "terraform_data" "lib" { input = length(terraform_data.in.id) > 0 ? terraform_data.in.output : "none" }
resource "terraform_data" "tags" { input = local.tags }

module "app" {
  source = "./modules/app"
  net    = terraform_data.net.output
  kept   = terraform_data.kept.id
}

resource "terraform_data" "after" { input = module.app.id }

output "route" { value = terraform_data.route.output }
output "app" { value = module.app.id }
"""
APP = """
variable "net" {}
variable "kept" {}
resource "terraform_data" "app" {
  count = 2
  input = "${var.net} ${var.kept} ${count.index}"
}
resource "terraform_data" "front" { input = terraform_data.app[1].id }
output "id" { value = terraform_data.front.id }
"""


def tofu(directory: Path, project: Project, *args: str) -> str:
    argv: list[str | Path] = [project.tofu, *args]
    done = subprocess.run(argv, cwd=directory, env=project.env, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def existing(project: Project) -> Project:
    """The project with a state, one of its resources renamed since."""
    here = project.directory
    (here / "modules/app").mkdir(parents=True)
    (here / "modules/app/main.tf").write_text(APP)
    (here / "main.tf").write_text(MAIN.replace('"renamed"', '"old_name"').split("moved {")[0])
    (here / "rest.tf").write_text(MAIN[MAIN.index('resource "terraform_data" "in"') :])
    tofu(here, project, "init", "-no-color")
    tofu(here, project, "apply", "-auto-approve", "-no-color")
    (here / "main.tf").write_text(MAIN)
    (here / "rest.tf").unlink()
    tofu(here, project, "apply", "-auto-approve", "-no-color")
    return project


def test_a_project_of_twenty_resources(existing: Project) -> None:
    here = existing.directory
    state = (here / "terraform.tfstate").read_bytes()
    before = tofu(here, existing, "state", "list")
    assert len(before.splitlines()) == 20
    adopted = existing.run("adopt").ok()
    told = adopted.stdout.splitlines()
    assert told[0] == "Adopted 14 resource(s) into flake.nix; the plan has no changes:"
    for name in ("net", "gateway", "route", "script", "unit", "kept", "renamed", "in", "lib", "tags", "after"):
        assert f" = terraform.terraform_data.{name}" in told
    for name in ("terraform.terraform_data.subnet", "terraform.terraform_data.zone", "module.app"):
        assert f" = {name}" in told
    assert "   terraform_data.checked: `precondition` in `lifecycle`" in told
    assert (here / "terraform.tfstate").read_bytes() == state
    existing.run("plan", "-detailed-exitcode").ok()

    flake = (here / "flake.nix").read_text()
    assert 'input = net.refAttr "id"' in flake
    assert "dependsOn = [ script gateway ];" in flake
    assert "\\${local.prefix}" in flake
    assert '"gateway"' not in (here / "main.tf").read_text()
    assert "# The network comes first." in (here / "main.tf").read_text()

    # From here on it is a flake like any other: an edit reaches what stayed, and the other way round.
    (here / "flake.nix").write_text(flake.replace("10.0.0.0/16", "10.1.0.0/16"))
    plan = existing.run("plan").ok().stdout
    assert " ~ terraform.terraform_data.net" in plan
    assert ' ~ terraform.terraform_data.subnet["a"]' in plan
    existing.run("apply").ok()
    existing.run("plan", "-detailed-exitcode").ok()
    assert tofu(here, existing, "state", "list") == before


def test_what_changes_already_is_no_obstacle_and_nothing_is_overwritten(existing: Project) -> None:
    here = existing.directory
    main = here / "main.tf"
    main.write_text(main.read_text().replace("10.0.0.0/16", "10.2.0.0/16"))
    assert "Adopted" in existing.run("adopt").ok().stdout
    assert " ~ terraform.terraform_data.net" in existing.run("plan").ok().stdout
    existing.run("adopt").fails("There is a flake already")


def test_files_are_put_back_when_it_cannot_be_done(existing: Project) -> None:
    here = existing.directory
    (here / "broken.tf").write_text('resource "terraform_data" "broken" { input = terraform_data.nowhere.id }\n')
    before = {p: p.read_bytes() for p in here.glob("*.tf")}
    existing.run("adopt").fails("Reference to undeclared resource")
    assert {p: p.read_bytes() for p in here.glob("*.tf")} == before
    assert not (here / "flake.nix").exists()


def test_in_a_directory_below_and_in_git(existing: Project, tmp_path: Path) -> None:
    top = tmp_path / "repo"
    (top / "x").mkdir(parents=True)
    existing.directory.rename(top / "infra")
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    subprocess.run(["git", "add", "infra/main.tf"], cwd=top, check=True)
    outer = Project(top, existing.tofu, existing.env)
    assert "Adopted 14 resource(s)" in outer.run("adopt", "infra").ok().stdout
    assert 'rootModule = "infra";' in (top / "flake.nix").read_text()
    outer.run("plan", "-detailed-exitcode").ok()


def test_from_a_state_alone(project: Project) -> None:
    here = project.directory
    (here / "main.tf").write_text(
        """
resource "terraform_data" "net" { input = "10.0.0.0/16" }
resource "terraform_data" "gw" {
  input            = { net = terraform_data.net.id, deep = [terraform_data.net.output, 1, null, true] }
  triggers_replace = [terraform_data.net.id]
}
resource "terraform_data" "secret" { input = sensitive("hunter2-hunter2") }
output "gw" { value = terraform_data.gw.id }
output "n" { value = 5 }
"""
    )
    tofu(here, project, "init")
    tofu(here, project, "apply", "-auto-approve")
    (here / "main.tf").unlink()
    shutil.rmtree(here / ".terraform", ignore_errors=True)
    state = (here / "terraform.tfstate").read_bytes()
    assert project.run("adopt").ok().stdout == (
        "Adopted 3 resource(s) into flake.nix; the plan has no changes:\n"
        + "".join(f" = terraform.terraform_data.{n}\n" for n in ("gw", "net", "secret"))
    )
    flake = (here / "flake.nix").read_text()
    assert 'net.refAttr "id"' in flake
    assert 'gw.refAttr "id"' in flake
    assert "hunter2" not in flake
    assert (here / "terraform.tfstate").read_bytes() == state
    project.run("plan", "-detailed-exitcode").ok()
    # Its references are real ones.
    (here / "flake.nix").write_text(flake.replace("10.0.0.0/16", "10.1.0.0/16"))
    assert "Applied 2 resource(s)" in project.run("apply").ok().stdout
    assert json.loads((here / "terraform.tfstate").read_text())["serial"] > 1


def test_a_state_that_does_not_tell_enough(project: Project) -> None:
    (project.directory / "main.tf").write_text('resource "terraform_data" "many" { count = 2 }\n')
    tofu(project.directory, project, "init")
    tofu(project.directory, project, "apply", "-auto-approve")
    (project.directory / "main.tf").unlink()
    project.run("adopt").fails("The state alone does not tell enough", "terraform_data.many[0]")
    assert not (project.directory / "flake.nix").exists()


@pytest.mark.aws
def test_from_a_state_of_a_real_provider(project: Project, aws_provider_env: dict[str, str]) -> None:
    project.env |= {k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_CLI_CONFIG_FILE"))}
    project.env["AWS_REGION"] = "eu-central-1"
    here = project.directory
    (here / "main.tf").write_text(
        """
provider "aws" { skip_requesting_account_id = true }
resource "aws_s3_bucket" "b" {
  bucket        = "from-a-state"
  force_destroy = true
  tags          = { a = "1" }
}
resource "aws_s3_object" "o" {
  bucket  = aws_s3_bucket.b.id
  key     = "k"
  content = "hello"
}
resource "aws_security_group" "web" {
  name        = "from-a-state"
  description = "web"
  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
    )
    tofu(here, project, "init")
    tofu(here, project, "apply", "-auto-approve")
    (here / "main.tf").unlink()
    project.run("adopt").ok()
    assert 'bucket = b.refAttr "id";' in (here / "flake.nix").read_text()
    project.run("plan", "-detailed-exitcode").ok()
    project.run("destroy").ok()
