"""Addresses: what the engine prints is read, and printed the same again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu.address_syntax import Address, format_key, order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b.c", Address("", "managed", "a_b", "c")),
        ("a_b.c[0]", Address("", "managed", "a_b", "c", 0)),
        ('a.b["k.1"]', Address("", "managed", "a", "b", "k.1")),
        ('a.b["q\\"]"]', Address("", "managed", "a", "b", 'q"]')),
        ('a.b["$${x} %%{y} $z"]', Address("", "managed", "a", "b", "${x} %{y} $z")),
        ('a.b["\\n\\u0000\\U000e0001"]', Address("", "managed", "a", "b", "\n\0\U000e0001")),
        ("data.a.b", Address("", "data", "a", "b")),
        ("ephemeral.a.b", Address("", "ephemeral", "a", "b")),
        ("module.m.a.b", Address("module.m", "managed", "a", "b")),
        ('module.m["x.module.y"].module.n[1].data.a.b[2]', Address(
            'module.m["x.module.y"].module.n[1]', "data", "a", "b", 2)),
        ("größe.naïve-1", Address("", "managed", "größe", "naïve-1")),
    ],
)  # fmt: skip
def test_parse_and_print(text: str, expected: Address) -> None:
    assert Address.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    ["", "a", "a.", "a.b.c", "a.b[", 'a.b["x]', "a.b[x]", "1a.b", "a.b[0] ", "module.m", "data.a", "a b.c"],
)
def test_not_an_address(text: str) -> None:
    with pytest.raises(EngineError, match="Not a resource address") as caught:
        Address.parse(text)
    assert repr(text) in caught.value.diagnostics[0].detail


def test_resource_drops_only_the_instance_key() -> None:
    assert Address.parse('module.m["k"].data.a.b["z"]').resource == 'module.m["k"].data.a.b'


@given(st.one_of(st.integers(min_value=0), st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_key_survives(key: int | str) -> None:
    assert Address.parse(f"a.b{format_key(key)}").key == key


def test_instances_are_sorted_by_number() -> None:
    assert sorted(["a.b[10]", "a.b[2]", "a.b"], key=order) == ["a.b", "a.b[2]", "a.b[10]"]
    assert sorted(["2.a", "a[1]", "", "10"], key=order) == ["", "2.a", "10", "a[1]"]


def test_numbers_of_any_length() -> None:
    """As an address it is none; as text it can be sorted."""
    long = f"a.b[{'9' * 5000}]"
    with pytest.raises(EngineError, match="Not a resource address"):
        Address.parse(long)
    assert sorted([long, "a.b[10]", "a.b[2]"], key=order) == ["a.b[2]", "a.b[10]", long]


@pytest.mark.parametrize("escape", ["\\U0011ffff", "\\ud800"])
def test_an_escape_of_no_character(escape: str) -> None:
    assert Address.parse(f'a.b["{escape}"]').key == "\ufffd"
