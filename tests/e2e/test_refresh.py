"""refresh, against a real provider whose objects can drift."""

from __future__ import annotations

import json

import boto3
import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_nothing_drifted_and_orphans_are_left_alone(project: Project) -> None:
    project.chain().run("apply").ok()
    before = project.attributes("terraform_data.b")
    project.flake("ir [ a ] { }", let='a = data "a" "one";')
    done = project.run("refresh").ok()
    assert done.stdout == "Refreshed 1 resource(s).\n"
    assert "left alone: terraform.terraform_data.b" in done.stderr
    assert project.attributes("terraform_data.b") == before
    found = json.loads(project.run("refresh", "--json").ok().stdout)
    assert found["refreshed"] == ["terraform.terraform_data.a"]
    assert found["left_alone"] == ["terraform.terraform_data.b"]


def test_an_empty_state_has_nothing_to_refresh(project: Project) -> None:
    assert project.chain().run("refresh").ok().stdout == "Refreshed 0 resource(s).\n"


@pytest.mark.aws
def test_what_drifted_is_listed_and_written_down(project: Project, aws_provider_env: dict[str, str], moto: str) -> None:
    project.env = {**project.env, **{k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_"))}}
    project.flake(
        """lib.toIR {
          providers.aws = lib.mkProvider {
            source = "hashicorp/aws";
            config = { region = "eu-central-1"; };
          };
          resources = [ (bucket "kept") (bucket "gone") ];
          inherit ledger;
        }""",
        let="""bucket = name: lib.mkResource {
          provider = "aws"; type = "aws_s3_bucket"; inherit name;
          config = { bucket = "refresh-${name}"; tags.stage = "test"; };
        };""",
    )
    project.run("apply").ok()
    assert project.run("refresh").ok().stdout == "Refreshed 2 resource(s).\n"
    cloud = boto3.client(
        "s3", endpoint_url=moto, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    cloud.put_bucket_tagging(Bucket="refresh-kept", Tagging={"TagSet": [{"Key": "stage", "Value": "changed"}]})
    cloud.delete_bucket(Bucket="refresh-gone")
    look = project.run("plan", "-refresh-only", "-detailed-exitcode", "--diff")
    assert look.code == 2
    assert ' ~ aws.aws_s3_bucket.kept\n     ~ tags.stage = "test" -> "changed"\n' in look.stdout
    done = project.run("refresh").ok()
    assert done.stdout == (
        "Refreshed 2 resource(s).\n2 drifted:\n ~ aws.aws_s3_bucket.gone  gone\n ~ aws.aws_s3_bucket.kept\n"
    )
    assert project.attributes("aws_s3_bucket.kept")["tags"] == {"stage": "changed"}
    assert project.run("state", "list").ok().stdout == "aws.aws_s3_bucket.kept\n"
