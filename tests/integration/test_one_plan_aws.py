"""One plan with the real AWS provider: a collection that it fills in by itself, and a value in an ordinary argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix, pytest.mark.aws]

LET = """
      aws = lib.mkProvider { source = "registry.opentofu.org/hashicorp/aws"; config = { region = "eu-central-1"; }; };
      res = type: name: config: lib.mkResource { provider = "aws"; inherit type name config; };
      bucket = res "aws_s3_bucket" "bucket" { force_destroy = true; };
      note = res "aws_s3_object" "note" { bucket = bucket.refAttr "id"; key = "k"; content = lib.str [ "in " (bucket.refAttr "id") ]; };
      open = res "aws_security_group" "open" {
        name = "open";
        ingress = of (note.refAttr "etag") (tag: [ { from_port = 80 + 0 * builtins.stringLength tag; to_port = 80; protocol = "tcp"; cidr_blocks = [ "10.0.0.0/8" ]; } ]);
      };
"""
IR = "providers = { inherit terraform aws; }; resources = [ bucket note open ];"


def test_what_the_provider_would_leave_out_waits_for_a_phase(tmp_path: Path, aws_provider_env: dict[str, str]) -> None:
    lab = Lab(tmp_path, env=aws_provider_env, mode="on")
    lab.write(LET, IR)
    done = lab.apply().ok()
    assert done.applies == 2, "everything but the security group, then that"
    assert lab.history.index(("note", "create")) < lab.history.index(("open", "create"))
    assert lab.state["note"]["content"] == f"in {lab.state['bucket']['id']}"
    (rule,) = lab.state["open"]["ingress"]
    assert (rule["from_port"], rule["cidr_blocks"]) == (80, ["10.0.0.0/8"])
    assert lab.planned(one_plan="on") == lab.planned(one_plan="off") == {}
