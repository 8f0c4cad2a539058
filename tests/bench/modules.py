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


CHAIN_STEPS = (network, subnet, hosts)
AWS_STEPS = (bucket, note)
