"""`plan --diff` with a real provider: sets, drift, sensitive arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from nivis_tofu.views import diff, human
from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix, pytest.mark.aws]

AWS = """
      aws = lib.mkProvider { source = "registry.opentofu.org/hashicorp/aws"; config = { region = "eu-central-1"; }; };
      mk = type: name: config: lib.mkResource { provider = "aws"; inherit type name config; };
      bucket = mk "aws_s3_bucket" "bucket" { bucket = "@BUCKET@"; force_destroy = true; tags = { owner = "me"; }; };
      note = mk "aws_s3_object" "note" { bucket = bucket.refAttr "id"; key = "k"; content = "@TEXT@"; };
      rules = mk "aws_s3_bucket_cors_configuration" "rules" {
        bucket = bucket.refAttr "id";
        cors_rule = [ @RULES@ { allowed_methods = [ @METHODS@ ]; allowed_origins = [ "*" ]; } ];
      };
"""
PROVIDERS = "providers = { inherit terraform aws; }; resources = [ bucket note rules ];"


def write(lab: Lab, bucket: str = "one", text: str = "a\\nb\\n", methods: str = '"GET" "PUT"', rules: str = "") -> None:
    body = AWS.replace("@BUCKET@", bucket).replace("@TEXT@", text).replace("@METHODS@", methods)
    lab.write(body.replace("@RULES@", rules), PROVIDERS)


def test_sets_lines_replacements_and_drift(tmp_path: Path, aws_provider_env: dict[str, str], moto: str) -> None:
    lab = Lab(tmp_path, env=aws_provider_env)
    write(lab, bucket="diff-one")
    lab.apply().ok()

    def plan(**change: str) -> str:
        write(lab, **{"bucket": "diff-one", **change})
        return human.plan(lab.plan(detail=True), detail=human.Detail(diff.attributes))

    assert plan(methods='"PUT" "GET"') == "No changes. 3 resource(s) up to date.\n"
    out = plan(methods='"POST" "PUT"', text="a\\nc\\n")
    assert "     ~ content =\n           a\n         - b\n         + c\n" in out
    assert '         "GET"' not in out
    assert '"POST"' in out
    assert '"PUT"' not in out.replace('"PUT", ', "").replace(', "PUT"', "")
    out = plan(bucket="diff-two")
    assert '     ~ bucket = "diff-one" -> "diff-two"  # forces replacement\n' in out
    late = "aws.aws_s3_bucket.bucket.id (known after phase 1)  # forces replacement\n"
    assert f'     ~ bucket = "diff-one" -> {late}' in out

    client: Any = boto3.client(
        "s3", endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    client.put_bucket_tagging(Bucket="diff-one", Tagging={"TagSet": [{"Key": "owner", "Value": "you"}]})
    out = plan()
    assert '     ~ tags.owner = "you" -> "me"\n' in out
    assert '     ~ tags.owner = "me" -> "you"  # changed outside of nivis\n' in out
    assert "note" not in out
