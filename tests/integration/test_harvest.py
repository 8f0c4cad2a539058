"""Raw state, unwrapped by the schema, is what `show -json` tells: the proof that the cheap reading will do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core import json_text
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.project import plan_state
from nivis_tofu.tofu.argv import PlanOptions
from tests.support import values as v
from tests.support.rendering import Workbench, data, decode, document, render

pytestmark = pytest.mark.engine

AWS = {
    "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
    "provider": {
        "aws": {
            "region": "eu-central-1",
            "skip_credentials_validation": True,
            "skip_requesting_account_id": True,
            "skip_metadata_api_check": True,
            "s3_use_path_style": True,
            "default_tags": [{"tags": {"managed-by": "nivis"}}],
        }
    },
    "resource": {
        "aws_s3_bucket": {"b": {"force_destroy": True, "tags": {"n": "1"}}},
        "aws_s3_object": {
            "o": {"bucket": "${aws_s3_bucket.b.id}", "key": "k", "content": "text ${aws_s3_bucket.b.id}"}
        },
        "aws_secretsmanager_secret": {"s": {"name": "harvest"}},
        "aws_secretsmanager_secret_version": {
            "v": {"secret_id": "${aws_secretsmanager_secret.s.id}", "secret_string": "hunter2"}
        },
    },
    "data": {"aws_region": {"here": {}}},
}


def shown(bench: Workbench) -> dict[str, Any]:
    """Address -> (values, sensitive marks) as the engine tells them."""
    found, _ = bench.tofu.show_state()
    return {r.address: (dict(r.values), r.sensitive) for r in found.resources}


def assert_equal(snapshot: Snapshot, told: dict[str, Any]) -> None:
    assert snapshot.objects.keys() == told.keys()
    for address, held in snapshot.objects.items():
        assert json_text.same(dict(held.attributes), told[address][0]), address


def test_terraform_data_with_every_kind_of_value(tofu_exe: Path, tmp_path: Path) -> None:
    batch = [
        *v.batch(v.values, 200, 7),
        None,
        [],
        {},
        [None],
        {"a": None},
        [[], {}],
        [1, "x", [True]],
        {"value": 1, "type": 2},
    ]
    ir = decode(document(*(data(f"n{i}", v.written(value)) for i, value in enumerate(batch))))
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    bench.write(render(ir))
    bench.tofu.apply_direct()
    told = shown(bench)
    assert len(told) == len(batch)
    assert_equal(bench.snapshot(), told)

    # A saved plan holds the refreshed state, which is read the same way.
    bench.tofu.plan(PlanOptions(out="p.tfplan"))
    again = plan_state.refreshed(bench.tofu.directory / "p.tfplan", bench.schemas())
    assert again is not None
    assert_equal(again, told)


def test_a_plan_that_cannot_be_read(tofu_exe: Path, tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(b'{"encrypted_data": "x"}')
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    assert plan_state.refreshed(tmp_path / "plan", bench.schemas()) is None
    assert plan_state.refreshed(tmp_path / "none", bench.schemas()) is None


@pytest.mark.aws
def test_aws(tofu_exe: Path, tmp_path: Path, aws_provider_env: dict[str, str]) -> None:
    bench = Workbench.at(tmp_path / "work", tofu_exe, aws_provider_env)
    (bench.tofu.directory / "main.tf.json").write_text(json.dumps(AWS))
    bench.tofu.init()
    bench.tofu.apply_direct()
    told, snapshot = shown(bench), bench.snapshot()
    assert_equal(snapshot, told)
    name = snapshot.objects["aws_s3_bucket.b"].attributes["id"]
    assert snapshot.objects["aws_s3_object.o"].attributes["content"] == f"text {name}"
    assert snapshot.dependencies["aws_s3_object.o"] == {"aws_s3_bucket.b"}
    # What the engine calls sensitive is known from raw state and schema alone.
    version = "aws_secretsmanager_secret_version.v"
    assert told[version][1]["secret_string"] is True
    assert ("secret_string",) in snapshot.objects[version].sensitive
