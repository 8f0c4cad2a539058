"""Names that the engine accepts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.ir.engine_name import (
    decode_name,
    encode_name,
    guess_address,
    guess_id,
    module_of,
    module_output,
    resolve,
    split_key,
)


@given(st.one_of(st.text(min_size=1), st.lists(st.sampled_from(["_x", "2e", "_", ".", "x", "é", "9"])).map("".join)))
def test_names_are_encoded_reversibly(name: str) -> None:
    encoded = encode_name(name)
    assert decode_name(encoded) == name
    assert not name or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", encoded)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [("plain-1_x", "plain-1_x"), ("a.b", "a_x2e_b"), ("9", "_x39_"), ("_x2e_", "_x5f_x2e_"), ("a__0", "a__0")],
)
def test_encoded_names(name: str, encoded: str) -> None:
    assert encode_name(name) == encoded


@pytest.mark.parametrize("text", ["aws_s3_bucket.x", "module.a.aws_vpc.b", "data.aws_ami.x", 't.a["p.q.r"]', ""])
def test_an_address_is_its_own_guess(text: str) -> None:
    assert guess_address(text) == text


@pytest.mark.parametrize(
    ("address", "id_"),
    [
        ("aws_s3_bucket.demo", "aws.aws_s3_bucket.demo"),
        ("data.aws_ami.b_x2e_c", "data.aws.aws_ami.b.c"),
        ("module.m.t.x", "module.m.t.x"),
    ],
)
def test_guesses(address: str, id_: str) -> None:
    assert guess_id(address, "registry.opentofu.org/hashicorp/aws") == id_
    assert guess_address(id_) == address
    assert guess_id(address, "") == address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('a.b["x.y"]', ("a.b", '["x.y"]')),
        ('a["[1]"]', ("a", '["[1]"]')),
        ("a[b", ("a[b", "")),
        ('a["x"].b', ('a["x"].b', "")),
        ("", ("", "")),
    ],
)
def test_split_key(text: str, parts: tuple[str, str]) -> None:
    assert split_key(text) == parts


def test_the_longest_name_is_meant() -> None:
    names = {"p.t.a": "t.a", "p.t.a.b": "t.a_x2e_b", "module.m": "module.m"}
    assert [resolve(t, names) for t in ("p.t.a.b[0]", "p.t.a[0]", "p.t.a.c", "module.m.t.x", "p.t")] == [
        "t.a_x2e_b[0]",
        "t.a[0]",
        None,
        "module.m.t.x",
        None,
    ]


def test_outputs_of_modules() -> None:
    assert module_of(module_output("net")) == "module.net"
    assert module_of("net") == ""


@pytest.mark.parametrize("name", ["_x110000_", "_xffffffffffff_"])
def test_an_escape_of_no_character_stays(name: str) -> None:
    assert decode_name(name) == name
