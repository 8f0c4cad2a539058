from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import root_files

NATIVE = """terraform {
  backend "s3" {
    bucket = "b"
    max    = 12345678901234567890123
    assume_role {
      role = "r"
    }
  }
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5" }
  }
}
locals {
  a = 1
  b = local.a
}
resource "x" "y" {
  n = var.z
}
"""
DOCUMENT = {
    "terraform": {"backend": {"s3": {"bucket": "b"}}, "required_providers": [{"aws": {"source": "hashicorp/aws"}}]},
    "locals": {"a": 1, "b": "${local.a}"},
    "resource": {"x": {"y": {"n": "${var.z}"}}},
}


def wrote(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_native_syntax(tmp_path: Path) -> None:
    path = wrote(tmp_path / "main.tf", NATIVE)
    first, *rest = root_files.blocks(path)
    assert root_files.terraform(path, first) == {
        "backend": ("s3", {"bucket": "b", "max": 12345678901234567890123, "assume_role": [{"role": "r"}]}),
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5"}},
    }
    assert [b.names for b in rest] == [("local.a",), ("local.b",), ("x.y",)]
    assert "resource" not in root_files.filtered(path, rest[-1:])
    assert "required_providers" in root_files.filtered(path, rest[-1:])


def test_json(tmp_path: Path) -> None:
    path = wrote(tmp_path / "main.tf.json", json.dumps(DOCUMENT))
    found = list(root_files.blocks(path))
    assert root_files.terraform(path, found[0])["required_providers"] == {"aws": {"source": "hashicorp/aws"}}
    kept = json.loads(root_files.filtered(path, [b for b in found if b.names == ("local.a",)]))
    assert kept["locals"] == {"b": "${local.a}"}
    assert kept["resource"]["x"]["y"] == [{"n": "${var.z}"}]


PROVIDERS = {"aws": {"source": "hashicorp/aws"}}
SHAPES: list[Any] = [
    [
        {"terraform": DOCUMENT["terraform"]},
        {"locals": {"a": 1}},
        {"locals": [{"b": "${local.a}"}], "resource": [{"x": [{"y": [{"n": "${var.z}"}]}]}]},
    ],
    {
        "terraform": [{"backend": [{"s3": [{"bucket": "b"}]}], "required_providers": PROVIDERS}],
        "locals": [{"a": 1}, {"b": "${local.a}"}],
        "resource": [DOCUMENT["resource"]],
    },
    {"//": "a remark", **DOCUMENT, "output": None, "variable": {"v": None}},
]


@pytest.mark.parametrize("document", SHAPES)
def test_an_array_wherever_an_object_may_be(tmp_path: Path, document: Any) -> None:
    path = wrote(tmp_path / "main.tf.json", json.dumps(document))
    found = list(root_files.blocks(path))
    assert root_files.terraform(path, found[0]) == {
        "backend": ("s3", {"bucket": "b"}),
        "required_providers": {"aws": {"source": "hashicorp/aws"}},
    }
    assert [b.names for b in found[1:]] == [("local.a",), ("local.b",), ("x.y",)]
    kept = json.loads(root_files.filtered(path, [b for b in found if b.names == ("local.a",)]))
    assert (kept["locals"], kept["resource"]) == ({"b": "${local.a}"}, {"x": {"y": [{"n": "${var.z}"}]}})


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "null",
        "[1]",
        "[[{}]]",
        '{"locals": 5}',
        '{"resource": {"x": 5}}',
        '{"resource": {"x": {"y": 5}}}',
        '{"terraform": 5}',
    ],
)
def test_what_has_another_shape_is_left_to_the_engine(tmp_path: Path, text: str) -> None:
    assert list(root_files.blocks(wrote(tmp_path / "main.tf.json", text))) == []


@pytest.mark.parametrize(
    "inner", ['"backend": 5', '"backend": {"s3": 5}', '"required_providers": [5]', '"backend": null']
)
def test_settings_of_another_shape_are_left_to_the_engine(tmp_path: Path, inner: str) -> None:
    path = wrote(tmp_path / "main.tf.json", f'{{"terraform": {{{inner}}}}}')
    assert root_files.terraform(path, next(root_files.blocks(path))).get("backend", ("s3", {})) == ("s3", {})


@pytest.mark.parametrize(("name", "text"), [("a.tf.json", "{"), ("b.tf.json", "[" * 100_000)])
def test_what_cannot_be_read_is_named_and_not_quoted(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="A file of the root module cannot be read") as error:
        list(root_files.blocks(wrote(tmp_path / name, text)))
    assert name in error.value.diagnostics[0].detail


def test_a_block_that_is_not_native_syntax(tmp_path: Path) -> None:
    path = wrote(tmp_path / "a.tf", 'terraform {\n  backend "s3" {\n    k = = 1\n  }\n}\n')
    with pytest.raises(NivisError, match="A file of the root module cannot be read"):
        root_files.terraform(path, next(root_files.blocks(path)))


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_bytes(b"\xff")
    with pytest.raises(NivisError, match="A file of the root module cannot be read"):
        root_files.text_of(tmp_path / "a.tf")
