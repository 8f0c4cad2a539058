"""convert: what stock OpenTofu has made, the converted flake plans no change of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import STATE, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

MAIN = """
terraform {
  required_version = ">= 1.6"
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}

variable "zone" {
  type        = string
  description = "Where"
}
variable "names" {
  type    = list(string)
  default = ["x", "y"]
  validation {
    condition     = length(var.names) > 0
    error_message = "At least one."
  }
}
variable "token" {
  type      = string
  default   = "none"
  sensitive = true
}

locals {
  # Not ${a} template.
  prefix = "p-${var.zone}"
  tags   = { for n in var.names : n => upper(n) }
}

resource "terraform_data" "base" {
  input = {
    text = "100% $${literal} \\"quoted\\" é"
    zone = local.prefix
    big  = 123456789012345678
    tags = local.tags
  }
  triggers_replace = [var.zone, null, true, 1.5]
}

resource "terraform_data" "many" {
  count = 2
  input = "${count.index}: ${terraform_data.base.id}"
}

resource "terraform_data" "each" {
  for_each = local.tags
  input    = each.value
  lifecycle {
    ignore_changes       = [triggers_replace]
    replace_triggered_by = [terraform_data.base]
  }
}

resource "terraform_data" "user" {
  input = {
    whole  = terraform_data.base.output
    splat  = terraform_data.many[*].id
    first  = terraform_data.many[0].id
    keyed  = terraform_data.each["x"].output
    called = join(",", [terraform_data.base.id, "z"])
    cond   = var.zone == "eu" ? "yes ${terraform_data.base.id}" : "no"
    file   = file("${path.module}/note.txt")
    module = module.child.result
    doc    = <<-EOT
      {"id": "${terraform_data.base.id}",
       "quoted": "${replace("a-b", "-", "+")}"}
    EOT
  }
  depends_on = [terraform_data.many]
  provisioner "local-exec" {
    command = "true"
  }
}

module "child" {
  source = "./child"
  value  = terraform_data.base.id
}

output "base" {
  value       = terraform_data.base.id
  description = "the base"
}
output "token" {
  value     = var.token
  sensitive = true
}

check "zone" {
  assert {
    condition     = var.zone != ""
    error_message = "no zone"
  }
}
"""
CHILD = """
variable "value" {}
resource "terraform_data" "inner" { input = var.value }
output "result" { value = terraform_data.inner.output }
"""


def lay_out(project: Project, main: str = MAIN) -> Path:
    directory = project.directory
    (directory / "main.tf").write_text(main)
    (directory / "child").mkdir()
    (directory / "child" / "main.tf").write_text(CHILD)
    (directory / "note.txt").write_text("a note")
    (directory / "terraform.tfvars").write_text('zone = "eu"\n')
    return directory


def tofu(project: Project, *args: str) -> None:
    subprocess.run([project.tofu, *args], cwd=project.directory, env=project.env, check=True, capture_output=True)


def test_a_converted_project_plans_no_change(project: Project) -> None:
    directory = lay_out(project)
    tofu(project, "init")
    tofu(project, "apply", "-auto-approve", "-state", STATE)
    before = project.state
    result = project.run("convert", ".").ok()
    assert result.stdout == "Wrote flake.nix\nWrote nivis.auto.json\n"
    assert json.loads((directory / "nivis.auto.json").read_text()) == {"zone": "eu"}
    assert "look at var.token: sensitive: give its value as TF_VAR_token" in result.stderr
    flake = (directory / "flake.nix").read_text()
    assert "#   var.token: sensitive" in flake
    assert 'whole = base.refAttr "output"' in flake
    assert 'value = base.refAttr "id"' in flake
    for name in ("main.tf", "terraform.tfvars"):
        (directory / name).unlink()  # nothing of them is used any more
    planned = project.run("plan", "--diff").ok()
    assert planned.stdout.startswith("No changes."), planned.stdout
    assert project.state == before
    project.run("apply", "--var", "zone=us").ok()
    assert json.loads(project.run("output", "--json").ok().stdout)["base"]["value"]


def test_nothing_is_overwritten_and_nothing_is_dropped_in_silence(project: Project) -> None:
    directory = project.directory
    (directory / "main.tf").write_text(
        """terraform {
  cloud { organization = "o" }
}
resource "terraform_data" "a" {
  input = 1
  lifecycle {
    postcondition {
      condition     = self.input == 1
      error_message = "no"
    }
  }
}
output "o" {
  value      = 1
  depends_on = [terraform_data.a]
}
"""
    )
    (directory / "more.tf.json").write_text('{"resource": {"terraform_data": {"j": {"input": 1}}}}')
    document = json.loads(project.run("convert", ".", "--json").ok().stdout)
    left = {item["what"]: item["reason"] for item in document["not_converted"]}
    assert left.keys() == {"terraform cloud", "output.o", "more.tf.json: resource terraform_data j"}
    flake = (directory / "flake.nix").read_text()
    assert all(what in flake for what in left)
    project.run("convert", ".").fails("There is a flake.nix already")
    (project.directory / "linked").mkdir()
    (project.directory / "linked" / "flake.nix").symlink_to("nowhere")
    project.run("convert", ".", "--out", "linked").fails("There is a flake.nix already")
    project.run("convert", ".", "--out", ".nivis/new").fails("Nothing can be written there")
    assert (directory / "flake.nix").read_text() == flake
    assert "terraform_data.a" in project.run("plan").ok().stdout


WORDS = """
variable "big" {
  type    = number
  default = 100000000000000000000
}
resource "terraform_data" "big" { input = var.big }
resource "terraform_data" "a" {
  input = [100000000000000000000, -100000000000000000000, 0.30000000000000004, 1e3]
  provisioner "local-exec" {
    when       = destroy
    command    = "true"
    on_failure = continue
  }
}
resource "terraform_data" "b" {
  input = <<EOT
x
  ${terraform_data.a.id}
EOT
}
"""


def test_words_numbers_and_ends_of_lines(project: Project) -> None:
    directory = project.directory
    (directory / "main.tf").write_bytes(WORDS.replace("\n", "\r\n").encode())
    tofu(project, "init")
    tofu(project, "apply", "-auto-approve", "-state", STATE)
    assert "look at var.big: a number that Nix does not hold" in project.run("convert", ".").ok().stderr
    (directory / "main.tf").unlink()
    planned = project.run("plan", "--diff").ok()
    assert planned.stdout.startswith("No changes."), planned.stdout
    assert 'on_failure = "continue";' in (directory / "flake.nix").read_text()


def test_override_files_are_told_and_declare_nothing_twice(project: Project) -> None:
    directory = project.directory
    (directory / "main.tf").write_text('resource "terraform_data" "a" { input = 1 }\n')
    (directory / "a_override.tf").write_text('resource "terraform_data" "a" { input = 2 }\n')
    (directory / "override.tf.json").write_text('{"resource": {"terraform_data": {"a": {"input": 3}}}}')
    document = json.loads(project.run("convert", ".", "--json").ok().stdout)
    assert [item["what"] for item in document["not_converted"]] == [
        "a_override.tf: resource terraform_data a", "override.tf.json: resource terraform_data a",
    ]  # fmt: skip
    assert "1 resource(s)" in project.run("plan").ok().stdout


AWS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  backend "local" { path = "nivis.state.json" }
}
provider "aws" {
  region = "eu-central-1"
  default_tags { tags = { by = "tofu" } }
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
variable "methods" { default = ["GET", "PUT"] }
resource "aws_s3_bucket" "b" {
  bucket        = "converted"
  force_destroy = true
}
resource "aws_s3_bucket" "w" {
  provider      = aws.west
  bucket_prefix = "west-"
  timeouts { create = "5m" }
}
resource "aws_s3_bucket_cors_configuration" "c" {
  bucket = aws_s3_bucket.b.id
  dynamic "cors_rule" {
    for_each = var.methods
    content {
      allowed_methods = [cors_rule.value]
      allowed_origins = ["https://${aws_s3_bucket.w.bucket}"]
    }
  }
}
data "aws_region" "here" {}
resource "aws_s3_object" "o" {
  bucket  = aws_s3_bucket.b.bucket
  key     = "k/${data.aws_region.here.name}"
  content = jsonencode({ arn = aws_s3_bucket.b.arn })
}
"""


@pytest.mark.aws
def test_a_real_provider_with_two_configurations(project: Project, aws_provider_env: dict[str, str]) -> None:
    project.env |= {k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_CLI_CONFIG"))}
    (project.directory / "old").mkdir()
    (project.directory / "old" / "main.tf").write_text(AWS)
    old = Project(project.directory / "old", project.tofu, {k: v for k, v in project.env.items() if "AWS" in k})
    old.env = project.env
    tofu(old, "init")
    tofu(old, "apply", "-auto-approve")
    (project.directory / STATE).write_bytes(old.state)
    project.run("convert", "old").ok()
    planned = project.run("plan", "--diff").ok()
    assert planned.stdout == "No changes. 4 resource(s) up to date.\n"
    assert "4 resource(s)" in project.run("destroy").ok().stdout
