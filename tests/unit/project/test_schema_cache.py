"""Provider schemas on disk: kept by type, and thrown away by name when damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project.schema_cache import Schemas

AWS = "registry.opentofu.org/hashicorp/aws"
DOCUMENT = {
    "provider_schemas": {
        AWS: {
            "provider": {"block": {"attributes": {"region": {"type": "string", "optional": True}}}},
            "resource_schemas": {
                "aws_vpc": {"version": 2, "block": {"attributes": {"id": {"type": "string", "computed": True}}}},
                "aws_eip": {},
            },
            "data_source_schemas": {"aws_ami": {"block": {}}},
        }
    }
}


@pytest.fixture
def schemas(tmp_path: Path) -> Schemas:
    made = Schemas(tmp_path / "below" / "schema.zip")
    made.store(DOCUMENT)
    return made


def test_what_was_stored_is_found_by_type(schemas: Schemas) -> None:
    again = Schemas(schemas.path)
    assert again.known
    assert again.providers() == [AWS]
    assert again.types(AWS, "resource") == ["aws_eip", "aws_vpc"]
    assert again.types(AWS, "data") == ["aws_ami"]
    vpc = again.block(AWS, "resource", "aws_vpc")
    assert vpc is not None
    assert vpc.version == 2
    assert again.block(AWS, "data", "aws_vpc") is None
    provider = again.block(AWS, "provider")
    assert provider is not None
    assert "region" in provider.attributes


def test_nothing_is_known_but_what_is_the_same_in_every_engine(tmp_path: Path) -> None:
    none = Schemas(tmp_path / "schema.zip")
    assert not none.known
    assert none.block(AWS, "resource", "aws_vpc") is None
    assert none.block("terraform.io/builtin/terraform", "resource", "terraform_data") is not None


def test_a_new_answer_replaces_the_old_one(schemas: Schemas) -> None:
    assert schemas.block(AWS, "resource", "aws_vpc")
    schemas.store({"provider_schemas": {}})
    assert schemas.block(AWS, "resource", "aws_vpc") is None
    assert not schemas.known


@pytest.mark.parametrize("damage", ["a byte", "cut", "no archive"])
def test_damage_is_told_and_the_archive_goes(schemas: Schemas, damage: str) -> None:
    data = bytearray(schemas.path.read_bytes())
    if damage == "a byte":
        place = data.index(b"aws_vpc.json") + len("aws_vpc.json") + 2
        data[place] ^= 0xFF
        schemas.path.write_bytes(data)
        again = Schemas(schemas.path)
        with pytest.raises(NivisError, match="The cached provider schemas are damaged"):
            again.block(AWS, "resource", "aws_vpc")
        assert not schemas.path.exists()
    else:
        schemas.path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"nothing")
        assert not Schemas(schemas.path).known  # the engine is asked anew


@pytest.mark.parametrize("name", ["\0", "aws_vpc\0", "aws\0.json", "a/b", ""])
def test_every_type_that_is_named_can_be_had(tmp_path: Path, name: str) -> None:
    made = Schemas(tmp_path / "schema.zip")
    made.store({"provider_schemas": {AWS: {"resource_schemas": {name: {"block": {}}}}}})
    for found in made.types(AWS, "resource"):
        assert made.block(AWS, "resource", found) is not None
