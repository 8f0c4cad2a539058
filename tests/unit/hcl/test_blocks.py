"""Blocks of native files, their bodies and expressions, and the Nix text made of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivis_tofu.authoring.block_to_nix import Writer
from nivis_tofu.hcl import reader
from nivis_tofu.hcl.blocks import split, taken_out, without
from nivis_tofu.hcl.reader import Source, Template, Traversal
from nivis_tofu.nix import syntax
from nivis_tofu.nix.syntax import Raw

TRICKY = r"""
# resource "a" "no" {
/* resource "a" "neither" { */
resource "a_b" "one" { x = "}${f("}{")}\"}" } // }
resource a_b two {
  text = <<-EOT
    } { "
    ${a_b.one.id}
  EOT
  z = data.c_d.e.f
}
locals { x = 1
  y = { inner = local.x } }
moved {
  from = a_b.old
  to   = a_b.one
}
output "o" { value = module.m.out }
"""


def test_where_blocks_begin_and_end() -> None:
    blocks = list(split(TRICKY))
    assert [(b.kind, b.labels) for b in blocks] == [
        ("resource", ("a_b", "one")), ("resource", ("a_b", "two")), ("locals", ()), ("moved", ()), ("output", ("o",)),
    ]  # fmt: skip
    assert blocks[1].references == {"a_b.one", "data.c_d.e", "provider.a"}
    assert {"local.x", "local.y"} <= set(blocks[2].names)
    assert blocks[3].references == {"a_b.old", "a_b.one"}
    assert blocks[4].names == ("output.o",)


def test_blocks_are_taken_out_and_lines_stay() -> None:
    blocks = list(split(TRICKY))
    left = without(TRICKY, blocks[1:4])
    assert [b.labels for b in split(left)] == [("a_b", "one"), ("o",)]
    assert left.count("\n") == TRICKY.count("\n")
    assert left.splitlines()[3] == TRICKY.splitlines()[3]


@given(st.text(alphabet='ab"\\{}[]()$%<-EOT\n#/* =', max_size=60))
@settings(max_examples=4 * settings().max_examples)
def test_no_text_makes_the_scanner_fail(text: str) -> None:
    for block in split(text):
        assert text[block.start : block.end] == block.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1), ("-2.50", Decimal("-2.50")), ("true", True), ("null", None), ('"a\\n\\"b\\" \\u00e9"', 'a\n"b" é'),
        ('"$${x} %%{y}"', "${x} %{y}"), ("[1, [2, \"a,b\"],]", [1, [2, "a,b"]]),
        ('{ a = 1, "b c" : 2\n d = [3] }', {"a": 1, "b c": 2, "d": [3]}), ("{}", {}), ("[]", []),
        ("aws_x.y.z", Traversal(("aws_x", "y", "z"), "aws_x.y.z")),
        ('m.n["k"][0].o', Traversal(("m", "n", "k", 0, "o"), 'm.n["k"][0].o')),
        ('"a${x.y.z}b"', Template(("a", Traversal(("x", "y", "z"), "x.y.z"), "b"))),
        ("f(x)", Source("f(x)")), ("a ? b : c", Source("a ? b : c")), ("[for x in y : x]", Source("[for x in y : x]")),
        ("[1] == [2]", Source("[1] == [2]")), ("{ (k) = 1 }", Source("{ (k) = 1 }")),
        ('"%{ if a }b%{ endif }"', Source('"%{ if a }b%{ endif }"')),
        ("<<-EOT\n    a\n      b\n    EOT", "a\n  b\n"), ("<<X\n  a $${b}\nX", "  a ${b}\n"),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: Any) -> None:
    assert reader.expression(text) == expected


def test_what_is_not_understood_is_said() -> None:
    with pytest.raises(ValueError, match="not understood"):
        reader.body("x = 1\n!!")


def test_nix_text_is_the_value() -> None:
    value = {
        "a b": ["${x}", 'q"\\\n\t', -1, 2.5, None, True, {"or": {"deep": ["x" * 60, "y" * 60]}}],
        "let": {}, "e": [], "ünï": "''${",
    }  # fmt: skip
    nix = shutil.which("nix-instantiate")
    assert nix
    argv = [nix, "--eval", "--strict", "--json", "-E", syntax.value(value)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == value


def test_names_of_bindings_are_unique() -> None:
    taken: set[str] = set()
    assert [syntax.variable(n, taken) for n in ("a", "a", "in", "1x", "a.b")] == ["a", "a_2", "r_in", "r_1x", "a_b"]


def test_blocks_are_taken_out_with_their_lines_and_nothing_else_is_touched() -> None:
    text = (
        "# head\r\n\r\n\r\nresource a_b one {\r\n}\r\n\r\n\r\nresource a_b two {\r\n  x = <<E\r\na\r\n\r\n\r\n\r\nb\r\nE\r\n}\r\n"
        "resource a_b three {} # said\r\n\r\nresource a_b four {}\r\n"
    )
    blocks = list(split(text))
    assert [b.labels[1] for b in blocks] == ["one", "two", "three", "four"]
    left = taken_out(text, [blocks[0], blocks[2], blocks[3]])
    kept = blocks[1].text
    assert left == f"# head\r\n\r\n\r\n{kept}\r\n # said\r\n"
    assert taken_out(text, [blocks[1]]) == text.replace(f"{kept}\r\n", "")
    assert without(text, blocks[:2]).replace("\r\n", "").count("\n") == 0
    assert taken_out("\r\nresource a b {}\r\n\r\n", list(split("\r\nresource a b {}\r\n\r\n"))) == ""


def test_words_of_the_language_are_plain_text() -> None:
    body = reader.body(
        'provisioner "x" {\n  when = destroy\n  on_failure = "continue"\n  command = destroy\n}\n'
        'dynamic "ingress" {\n  for_each = [1]\n  iterator = port\n  content { a = port.value }\n}\n'
    )
    found = Writer({}).body(body)
    assert found["provisioner"]["x"][0]["when"] == "destroy"
    assert found["provisioner"]["x"][0]["on_failure"] == "continue"
    assert isinstance(found["provisioner"]["x"][0]["command"], Raw)
    assert found["dynamic"]["ingress"][0]["iterator"] == "port"


def test_numbers_that_nix_cannot_hold_are_the_engines() -> None:
    same = [1, 2**63 - 1, -(2**63) + 1, Decimal("0.1"), Decimal("1E+3"), Decimal("1.50"), Decimal("-2.5")]
    assert not [n for n in same if "lib.expr" in syntax.value(n)]
    assert syntax.value(Decimal("1E+3")) == "1000"
    other = {
        10**20: "100000000000000000000", -(2**63): "-9223372036854775808", Decimal("1E+20"): "100000000000000000000",
        Decimal("123456789.123456789"): "123456789.123456789", Decimal("0.30000000000000004"): "0.30000000000000004",
    }  # fmt: skip
    for number, text in other.items():
        assert syntax.value([number]) == f'[ (lib.expr "\\${{{text}}}") ]'
