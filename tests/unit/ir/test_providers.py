"""Names of provider configurations."""

from __future__ import annotations

import pytest

from nivis_tofu.ir.providers import full_source, local_names
from tests.support.rendering import decode, document

AWS = "registry.opentofu.org/hashicorp/aws"


@pytest.mark.parametrize(
    ("source", "kind", "full"),
    [
        ("aws", "tofu", AWS),
        ("hashicorp/AWS", "tofu", AWS),
        ("hashicorp/aws", "terraform", "registry.terraform.io/hashicorp/aws"),
        ("terraform.io/builtin/terraform", "tofu", "terraform.io/builtin/terraform"),
    ],
)
def test_full_source(source: str, kind: str, full: str) -> None:
    assert full_source(source, kind) == full


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        ({"aws": AWS}, {"aws": ("aws", "")}),
        ({"cloud": AWS}, {"cloud": ("aws", "")}),
        ({"aws": "hashicorp/aws", "west": AWS}, {"aws": ("aws", ""), "west": ("aws", "west")}),
        ({"a.1": AWS, "b": AWS}, {"a.1": ("aws", "a_x2e_1"), "b": ("aws", "b")}),
        (
            {"mine": "example.com/me/aws", "aws": AWS},
            {"mine": ("example-com-me-aws", ""), "aws": ("registry-opentofu-org-hashicorp-aws", "")},
        ),
    ],
)
def test_local_names(sources: dict[str, str], names: dict[str, tuple[str, str]]) -> None:
    ir = decode(document(providers={key: {"source": source} for key, source in sources.items()}))
    assert local_names(ir) == names
