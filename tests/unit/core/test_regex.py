from __future__ import annotations

import re

import pytest

from nivis_tofu.core.regex import regex


def test_it_is_the_compiled_pattern_to_who_uses_it() -> None:
    late, compiled = (
        regex(r"(?P<name>[a-z]+)=(\d+)", re.IGNORECASE),
        re.compile(r"(?P<name>[a-z]+)=(\d+)", re.IGNORECASE),
    )
    text = "A=1 b=22"
    assert late.findall(text) == compiled.findall(text) == [("A", "1"), ("b", "22")]
    assert late.sub(r"\2", text) == compiled.sub(r"\2", text)
    assert [m["name"] for m in late.finditer(text)] == ["A", "b"]
    assert (late.pattern, late.groups, late.flags) == (compiled.pattern, compiled.groups, compiled.flags)
    assert regex(rb"x+").search(b"axx") is not None


def test_it_is_compiled_when_it_is_used() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("")
