from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.project.early_values import early_values

GENERATED = {
    "terraform": {"encryption": {"key_provider": {"pbkdf2": {"k": {"passphrase": "${var.phrase}"}}}}},
    "variable": {"phrase": {"type": "any", "sensitive": True}, "other": {"type": "any"}},
}
NATIVE = """
terraform {
  backend "http" { password = var.backend }
  # var.comment
  encryption {
    key_provider "pbkdf2" "k" { passphrase = local.phrase }
    method "aes_gcm" "m" { keys = key_provider.pbkdf2.k }
  }
}
locals {
  phrase = "${local.first}-${var.second}"
  first  = var.first
  other  = var.other
}
variable "first" { type = string }
variable "second" {}
variable "other" {}
variable "backend" {}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "module").mkdir()
    return tmp_path / "module"


def values(path: Path, **given: Any) -> Path:
    path.write_text(json.dumps(given))
    return path


def test_of_a_generated_module_what_its_encryption_names(module: Path) -> None:
    (module / "main.tf.json").write_text(json.dumps(GENERATED))
    given = values(module / "a.json", phrase="a ${b}\n", other="x", stray="y")
    (module / "damaged.json").write_text("[")
    assert early_values(module, (given, module / "absent.json", module / "damaged.json")) == {
        "TF_VAR_phrase": '"a $${b}\\n"'
    }


def test_of_files_of_the_user_also_what_their_locals_name(module: Path) -> None:
    (module / "main.tf").write_text(NATIVE)
    files = (
        values(module / "a.json", first="one", second="two", other="three", backend="four"),
        values(module / "b.json", second="${2}"),
    )
    assert early_values(module, files) == {"TF_VAR_first": "one", "TF_VAR_second": "${2}"}


def test_a_variable_may_have_any_name(module: Path) -> None:
    (module / "main.tf.json").write_text(json.dumps(GENERATED).replace("phrase", "version"))
    assert early_values(module, (values(module / "a.json", version=12),)) == {"TF_VAR_version": "12"}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (None, "${a}", "${a}"),
        ("string", 'a "b"', 'a "b"'),
        ("number", 5, "5"),
        ("bool", True, "true"),
        ("any", "a", '"a"'),
        ("map(string)", {"k${": ['a"', None]}, '{"k$${" = ["a\\"", null]}'),
    ],
)
def test_texts_are_what_the_declared_type_reads(module: Path, kind: str | None, value: Any, text: str) -> None:
    declared = {"phrase": {"type": kind} if kind else {}}
    (module / "main.tf.json").write_text(json.dumps({**GENERATED, "variable": declared}))
    assert early_values(module, (values(module / "v.json", phrase=value),)) == {"TF_VAR_phrase": text}


def test_without_encryption_nothing(module: Path) -> None:
    (module / "main.tf").write_text(NATIVE.replace("encryption {", "ignored {"))
    assert early_values(module, (values(module / "a.json", first="one"),)) == {}
