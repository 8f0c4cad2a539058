"""One life with the AWS provider: each start of it costs seconds, so that one project goes through everything."""

from __future__ import annotations

import shutil
from typing import Any

import boto3
import pytest

from tests.e2e.project import STATE, Project
from tests.e2e.test_older import as_the_older_one

pytestmark = [pytest.mark.engine, pytest.mark.nix, pytest.mark.aws]

MAIN = """
provider "aws" { skip_requesting_account_id = true }
resource "aws_s3_bucket" "b" {
  bucket        = "real-provider"
  force_destroy = true
  tags          = { stage = "test" }
}
resource "aws_s3_object" "o" {
  bucket  = aws_s3_bucket.b.id
  key     = "k"
  content = "in ${aws_s3_bucket.b.id}"
}
resource "aws_security_group" "web" {
  name        = "real-provider"
  description = "web"
  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
    description = "http"
  }
}
"""
PLAN = """lib.toIR {
  providers.aws = lib.mkProvider {
    source = "registry.opentofu.org/hashicorp/aws";
    config = { skip_requesting_account_id = true; };
  };
  resources = [ web b o ];
  inherit ledger;
}"""
LET = """
  aws = type: name: config: lib.mkResource { provider = "aws"; inherit type name config; };
  # Its blocks are written the short way, as the older nivis took them.
  web = aws "aws_security_group" "web" {
    name = "real-provider"; description = "web";
    ingress = [ { from_port = 80; to_port = 80; protocol = "tcp"; cidr_blocks = [ "0.0.0.0/0" ]; description = "http"; } ];
  };
  b = aws "aws_s3_bucket" "b" { bucket = "real-provider"; force_destroy = true; tags = { stage = "test"; }; };
  o = aws "aws_s3_object" "o" { bucket = b.refAttr "id"; key = "k"; content = lib.str [ "in " (b.refAttr "id") ]; };
"""


def test_adopted_taken_over_from_the_older_one_drifted_and_destroyed(
    project: Project, aws_provider_env: dict[str, str], moto: str
) -> None:
    project.env |= {k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_CLI_CONFIG_FILE"))}
    project.env["AWS_REGION"] = "eu-central-1"
    from_a_state_alone(project)
    from_the_state_of_the_older_one(project)
    what_drifted_is_listed_and_written_down(project, moto)
    project.run("destroy").ok()


def from_a_state_alone(project: Project) -> None:
    here = project.directory
    (here / "main.tf").write_text(MAIN)
    project.engine("init")
    project.engine("apply", "-auto-approve")
    (here / "main.tf").unlink()
    project.run("adopt").ok()
    assert 'bucket = b.refAttr "id";' in (here / "flake.nix").read_text()
    project.run("plan", "-detailed-exitcode").ok()


def from_the_state_of_the_older_one(project: Project) -> None:
    def known(attributes: dict[str, Any]) -> dict[str, Any]:
        """Without what it left out: attributes that were null."""
        return {k: v for k, v in attributes.items() if v is not None}

    here = project.directory
    (here / "terraform.tfstate").rename(here / STATE)
    shutil.rmtree(here / ".nivis")
    project.flake(PLAN, let=LET)
    as_the_older_one(project, known)
    project.run("state", "migrate").ok()
    assert project.run("plan", "-detailed-exitcode").ok().stdout == "No changes. 3 resource(s) up to date.\n"
    assert project.attributes("aws_s3_bucket.b")["id"] == "real-provider"


def what_drifted_is_listed_and_written_down(project: Project, moto: str) -> None:
    assert project.run("refresh").ok().stdout == "Refreshed 3 resource(s).\n"
    cloud = boto3.client(
        "s3", endpoint_url=moto, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    cloud.put_bucket_tagging(Bucket="real-provider", Tagging={"TagSet": [{"Key": "stage", "Value": "changed"}]})
    cloud.delete_object(Bucket="real-provider", Key="k")
    look = project.run("plan", "-refresh-only", "-detailed-exitcode", "--diff")
    assert look.code == 2
    assert ' ~ aws.aws_s3_bucket.b\n     ~ tags.stage = "test" -> "changed"\n' in look.stdout
    assert project.run("refresh").ok().stdout == (
        "Refreshed 3 resource(s).\n2 drifted:\n ~ aws.aws_s3_bucket.b\n ~ aws.aws_s3_object.o  gone\n"
    )
    assert project.attributes("aws_s3_bucket.b")["tags"] == {"stage": "changed"}
    listed = project.run("state", "list").ok().stdout
    assert listed == "aws.aws_s3_bucket.b\naws.aws_security_group.web\n"
