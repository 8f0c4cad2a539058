"""A broken file is told by the place alone, whoever parsed it: the parsers' texts quote it, secrets included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import simplejson
import yaml
from lark import Lark

from nivis_tofu.core.text_position import misread


def json_(text: str) -> Any:
    return simplejson.loads(text)


def yaml_(text: str) -> Any:
    return yaml.safe_load(text)


def lark_(text: str) -> Any:
    return Lark('start: "a" "\\n" "b"', parser="lalr").parse(text)


@pytest.mark.parametrize(
    ("parse", "text", "place"),
    [
        (json_, '{"password": hunter2}', ", line 1, column 14"),
        (yaml_, "a: 1\npassword: [hunter2", ", line 2, column 19"),
        (lark_, "a\nhunter2", ", line 2, column 1"),
    ],
)
def test_the_place_and_nothing_of_the_text(parse: Callable[[str], Any], text: str, place: str) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each parser has its own
        parse(text)
    (found,) = misread("A variable file cannot be read", Path("v.x"), raised.value, "JSON").diagnostics
    assert found.summary == "A variable file cannot be read"
    assert found.detail == f"v.x{place}: this is not JSON. The text is not shown, as it may be secret."
    assert found.hint == "Fix the file at that place."


def test_what_has_no_place() -> None:
    assert "v.x: this is not YAML." in misread("s", Path("v.x"), ValueError("hunter2"), "YAML").diagnostics[0].detail
    assert "v.x: it is nested too deeply." in misread("s", Path("v.x"), RecursionError(), "YAML").diagnostics[0].detail
