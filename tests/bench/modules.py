"""Root modules for the script's side, one function of the known outputs per step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Known = Mapping[str, Any]


def network(_: Known) -> dict[str, Any]:
    return {
        "resource": {"terraform_data": {"network": {"input": "10.20.0.0/16"}}},
        "output": {"network": {"value": "${terraform_data.network.id}"}},
    }


def subnet(known: Known) -> dict[str, Any]:
    module = network(known)
    label = f"net-{known['network'][:8]}"
    module["resource"]["terraform_data"]["subnet"] = {"input": label, "depends_on": ["terraform_data.network"]}
    module["output"]["subnet"] = {"value": "${terraform_data.subnet.id}"}
    return module


def hosts(known: Known) -> dict[str, Any]:
    module = subnet(known)
    names = [f"net-{known['network'][:8]}-{known['subnet'][:4]}-{n}" for n in (1, 2, 3)]
    module["resource"]["terraform_data"]["hosts"] = {"input": names, "depends_on": ["terraform_data.subnet"]}
    return module


def bucket(_: Known) -> dict[str, Any]:
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": {"region": "eu-central-1", "default_tags": [{"tags": {"managed-by": "script"}}]}},
        "resource": {"aws_s3_bucket": {"demo": {"force_destroy": True}}},
        "output": {"bucket": {"value": "${aws_s3_bucket.demo.id}"}},
    }


def note(known: Known) -> dict[str, Any]:
    module = bucket(known)
    module["resource"]["aws_s3_object"] = {
        "note": {
            "bucket": "${aws_s3_bucket.demo.id}",
            "key": "hello.txt",
            "content": f"It is stored in the bucket named: {known['bucket']}\n",
            "content_type": "text/plain",
        }
    }
    return module


def native_chain(_: Known) -> dict[str, Any]:
    """The chain as native expressions: what one plan is compared with."""
    module = network({})
    label = "net-${substr(terraform_data.network.id, 0, 8)}"
    tag = "${substr(terraform_data.subnet.id, 0, 4)}"
    module["resource"]["terraform_data"] |= {
        "subnet": {"input": label},
        "hosts": {"input": [f"{label}-{tag}-{n}" for n in (1, 2, 3)]},
    }
    return module


def native_note(_: Known) -> dict[str, Any]:
    return note({"bucket": "${aws_s3_bucket.demo.id}"})


def native_thousand(_: Known) -> dict[str, Any]:
    module = network({})
    for n in range(MANY):
        module["resource"]["terraform_data"][f"n{n}"] = {"input": f"${{terraform_data.network.id}}-{n}"}
    return module


MANY = 1_000
CHAIN_STEPS = (network, subnet, hosts)
AWS_STEPS = (bucket, note)
