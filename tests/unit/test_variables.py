"""Where variables come from, and what the kinds of files mean."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.errors import NivisError
from nivis_tofu.variables import collect, hint, missing, read_file


def read(tmp_path: Path, name: str, text: str) -> dict[str, Any]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_file(path)


def test_precedence_and_origin(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"b": 1, "c": 1, "d": 1}')
    (tmp_path / "two.yaml").write_text("c: 2\nd: 2\n")
    env = {"NIVIS_VAR_a": "e", "NIVIS_VAR_b": "e", "NIVIS_VAR_": "x", "OTHER": "x"}
    values, origin = collect(env, ["one.json", "two.yaml"], ["d=f=g", "e="], tmp_path)
    assert values == {"a": "e", "b": 1, "c": 2, "d": "f=g", "e": ""}
    assert origin == {
        "a": "NIVIS_VAR_a",
        "b": "--var-file one.json, over NIVIS_VAR_b",
        "c": "--var-file two.yaml, over --var-file one.json",
        "d": "--var, over --var-file two.yaml, over --var-file one.json",
        "e": "--var",
    }


def test_automatic_files_come_between_environment_and_files(tmp_path: Path) -> None:
    (tmp_path / "nivis.auto.json").write_text('{"a": 1, "b": 1}')
    (tmp_path / "nivis.auto.tfvars").write_text("b = 2\nc = 2\n")
    (tmp_path / "nivis.auto.json~").write_text("an editor's copy")
    (tmp_path / "f.json").write_text('{"c": 3}')
    values, origin = collect({"NIVIS_VAR_a": "e"}, ["f.json"], [], tmp_path)
    assert values == {"a": 1, "b": 2, "c": 3}
    assert origin["a"] == "nivis.auto.json, over NIVIS_VAR_a"
    assert origin["b"] == "nivis.auto.tfvars, over nivis.auto.json"
    assert origin["c"] == "--var-file f.json, over nivis.auto.tfvars"


def test_hints() -> None:
    text = "error: nivis.mkVars: required variable 'zone' is not set (declare a default or pass --var zone=...)"
    assert missing(text) == "zone"
    assert missing("error: attribute 'zone' missing") == ""
    assert "NIVIS_VAR_zone" in hint(text, {})
    wrong = "error: nivis.mkVars: variable 'n' expects type 'int', got 'x'"
    assert "`n` comes from --var. Later ones win: NIVIS_VAR_x < nivis.auto.*" in hint(wrong, {"n": "--var"})
    assert hint(wrong, {}) == ""


@pytest.mark.parametrize("flag", ["x", "=x", ""])
def test_a_flag_without_a_value(flag: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Malformed --var"):
        collect({}, [], [flag], tmp_path)


@pytest.mark.parametrize("name", ["v.json", "v.tfvars.json"])
def test_json_keeps_every_digit(name: str, tmp_path: Path) -> None:
    text = '{"big": 123456789012345678901234567890, "fraction": 2.50}'
    assert read(tmp_path, name, text) == {"big": 123456789012345678901234567890, "fraction": Decimal("2.50")}


def test_yaml(tmp_path: Path) -> None:
    text = "day: 2024-01-01\nn: 1.5\nnested: {1: [true, null]}\ntext: |\n  a\n  b\n"
    expected = {"day": "2024-01-01", "n": Decimal("1.5"), "nested": {"1": [True, None]}, "text": "a\nb\n"}
    assert read(tmp_path, "v.yml", text) == expected
    assert read(tmp_path, "empty.yaml", "") == {}


def test_tfvars(tmp_path: Path) -> None:
    text = """
# a comment
s = "line\\n$${y} %%{z} \\"q\\" \\\\ \\u00e9"
n = -5
e = 1e3
f = 2.5
big = 123456789012345678901234567890
l = [1, "z", true, null]
m = { k = "v", "odd key" = { x = "" } }
h = <<EOT
plain \\n
  $${x}
EOT
i = <<-EOT
    two
      four
  EOT
"""
    assert read(tmp_path, "v.tfvars", text) == {
        "s": 'line\n${y} %{z} "q" \\ é',
        "n": -5,
        "e": Decimal(1000),
        "f": Decimal("2.5"),
        "big": 123456789012345678901234567890,
        "l": [1, "z", True, None],
        "m": {"k": "v", "odd key": {"x": ""}},
        "h": "plain \\n\n  ${x}\n",
        "i": "two\n  four\n",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.json", "{"),
        ("v.json", "[1]"),
        ("v.yaml", "a: [1"),
        ("v.yaml", "a: .nan"),
        ("v.yaml", "a: !!python/object:os.system x"),
        ("v.tfvars", 'a = "${b}"'),
        ("v.tfvars", "a = var.b"),
        ("v.tfvars", "a = 1 + 2"),
        ("v.tfvars", "a = "),
    ],
)
def test_malformed(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="A variable file is malformed") as error:
        read(tmp_path, name, text)
    assert name in error.value.diagnostics[0].detail


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="cannot be read"):
        read_file(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    with pytest.raises(NivisError, match="cannot be read"):
        read_file(tmp_path / "latin.json")
    with pytest.raises(NivisError, match="Unknown kind of variable file"):
        read(tmp_path, "v.toml", "a = 1")
