"""Second runs against a fake cloud with the real AWS provider: drift, objects in use, pending providers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix, pytest.mark.aws]

AWS = """
      aws = extra: lib.mkProvider {
        source = "registry.opentofu.org/hashicorp/aws";
        config = { region = "eu-central-1"; } // extra;
      };
      s3 = type: name: config: lib.mkResource { provider = "aws"; inherit type name config; };
      s3m = type: name: meta: config: lib.mkResource { provider = "aws"; inherit type name config meta; };
"""


@pytest.fixture
def lab(tmp_path: Path, aws_provider_env: dict[str, str]) -> Lab:
    return Lab(tmp_path, env=aws_provider_env)


def cloud(url: str) -> Any:
    """Somebody else with access to the account."""
    return boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )


DRIFT = (
    AWS
    + """
      bucket = s3 "aws_s3_bucket" "bucket" { bucket = "drifting"; force_destroy = true; };
      note = s3 "aws_s3_object" "note" { bucket = bucket.refAttr "id"; key = "k"; content = "first"; };
      b = td "b" { input = of (note.refAttr "etag") (x: "e-${x}"); };
"""
)


def test_drift_reaches_derived_values(lab: Lab, moto: str) -> None:
    lab.write(DRIFT, "providers = { inherit terraform; aws = aws { }; }; resources = [ bucket note b ];")
    lab.apply().ok()
    assert lab.settled()
    before = lab.state["b"]
    cloud(moto).put_object(Bucket="drifting", Key="k", Body=b"changed outside")
    assert lab.planned() == {"b": "update"}
    assert lab.apply().ok().words == {"b": "updated"}
    after = lab.state["b"]
    assert after["input"] != before["input"]
    assert after["id"] == before["id"]
    assert lab.settled()

    cloud(moto).delete_object(Bucket="drifting", Key="k")
    planned = lab.planned()
    assert planned["note"] == "create"
    done = lab.apply().ok()
    assert done.words["note"] == "created"
    assert lab.state["b"]["input"] == before["input"]
    assert lab.settled()
    assert lab.destroy().ok().order == ["b", "note", "bucket"]


def test_old_object_that_is_still_in_use_goes_in_a_later_phase(lab: Lab) -> None:
    """An upstream that is created before it is destroyed, with a dependant that has to wait a phase."""
    lab.write(
        AWS
        + """
      cbd = { lifecycle.createBeforeDestroy = true; };
      bucket = s3m "aws_s3_bucket" "bucket" cbd { bucket = var.name or "one"; };
      note = s3m "aws_s3_object" "note" cbd {
        bucket = bucket.refAttr "id"; key = "k"; content = of (bucket.refAttr "arn") (x: "in ${x}");
      };
""",
        "providers = { aws = aws { }; }; resources = [ bucket note ];",
    )
    lab.apply().ok()
    lab.variables["name"] = "two"
    assert lab.planned() == {"bucket": "replace", "note": "replace"}
    done = lab.apply().ok()
    assert done.words == {"bucket": "replaced", "note": "replaced"}
    assert any("An old object could not be destroyed yet" in w for w in done.warnings)
    snapshot = lab.snapshot()
    assert not snapshot.deposed
    assert lab.state["note"]["content"] == "in arn:aws:s3:::two"
    assert lab.settled()


@pytest.mark.parametrize(
    "retries",
    [
        pytest.param('setting.refAttr "output"', marks=pytest.mark.long),
        pytest.param('of (setting.refAttr "output") (n: n)', marks=pytest.mark.long),
        'lib.derived { inputs = [ (setting.refAttr "output") (setting.refAttr "id") ]; render = builtins.head; }',
        pytest.param('of (of (setting.refAttr "output") (n: n + 1)) (n: n - 1)', marks=pytest.mark.long),
    ],
    ids=["a reference", "one input", "two inputs", "an input that is derived"],
)
def test_provider_configured_from_an_output_waits_and_so_do_its_resources_and_orphans(lab: Lab, retries: str) -> None:
    let = (
        AWS
        + """
      setting = td "setting" { input = var.retries or 3; };
      keep = s3 "aws_s3_bucket" "keep" { bucket = "kept"; };
      drop = s3 "aws_s3_bucket" "drop" { bucket = "dropped"; };
"""
    )
    providers = "providers = { inherit terraform; aws = aws { max_retries = @; }; };".replace("@", retries)
    lab.write(let, f"{providers} resources = [ setting keep drop ];")
    first = lab.apply().ok()
    assert first.result.tally.phases == 2
    assert first.order[0] == "setting"
    assert lab.settled()
    bucket = lab.state["keep"]["id"]
    lab.variables["retries"] = 4
    lab.write(let, f"{providers} resources = [ setting keep ];")
    done = lab.apply().ok()
    # The orphan goes only when its provider can be configured again.
    assert lab.history == [("setting", "update"), ("drop", "delete")]
    assert done.result.tally.phases == 2
    assert lab.state["keep"]["id"] == bucket
    assert lab.settled()
    assert lab.destroy().ok().order == ["keep", "setting"] or lab.state == {}
