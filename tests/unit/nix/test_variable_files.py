"""What the kinds of variable files mean."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.nix.variable_files import read_file


def read(tmp_path: Path, name: str, text: str) -> dict[str, Any]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_file(path)


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


NUMBERS = (
    "9223372036854775808",
    "-123456789012345678901234567890",
    "0.123456789012345678901234567890",
    "100000000000000000000000.5",
    "1e400",
    "1E-400",
    "-1.5e+3",
    "-2e2",
    "1e3",
    "0.10",
    "-0.0",
    "-0",
)


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize(
    ("name", "form"),
    [("v.json", '{{"x": {}}}'), ("v.tfvars.json", '{{"x": {}}}'), ("v.yaml", "x: {}"), ("v.tfvars", "x = {}")],
)
def test_a_number_keeps_its_digits_in_every_kind_of_file(name: str, form: str, text: str, tmp_path: Path) -> None:
    found = read(tmp_path, name, form.format(text))["x"]
    assert isinstance(found, int | Decimal)
    assert Decimal(found) == Decimal(text)
    exact = Decimal(found).as_tuple().digits
    assert exact == Decimal(text).as_tuple().digits


@pytest.mark.parametrize("text", ["1.2.3", "1e", "e5", ".", "+", "1.0.0-rc1", "12:30", "v1", "0x", ".e1"])
def test_what_only_looks_like_a_number_stays_text(text: str, tmp_path: Path) -> None:
    found = read(tmp_path, "v.yaml", f"x: {text}")["x"]
    assert found == text or not isinstance(found, Decimal)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('x = { k = "${y}" }', "x.k", "a template"),
        ("x = [1, y.z]", "x[1]", "an expression"),
        ("x = -y", "x", "an expression"),
        ("x = { (y) = 1 }", "x", "an expression"),
        ("x {\n  a = 1\n}", "x", "a block"),
    ],
)
def test_what_is_no_value_is_named_by_its_place(text: str, where: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="A variable file is malformed") as error:
        read(tmp_path, "v.tfvars", text)
    assert f"the value of `{where}` is {what}" in error.value.diagnostics[0].detail
