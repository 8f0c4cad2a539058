"""Blocks of which the engine takes parts as they are."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.values import Ref
from nivis_tofu.render.extra_blocks import bare_methods, taken_as_it_is


def test_defaults_and_descriptions_are_no_templates() -> None:
    body: Any = {"default": "${x}", "description": "%{y}", "type": "string"}
    assert taken_as_it_is({"default": "$${x}", "type": "string"}, body) == {
        "default": "${x}",
        "description": "%{y}",
        "type": "string",
    }
    assert taken_as_it_is({"default": "ref"}, {"default": Ref("a", ("id",))}) == {"default": "ref"}
    assert taken_as_it_is("text", "text") == "text"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"state": {"method": "${method.aes_gcm.m}"}}, {"state": {"method": "method.aes_gcm.m"}}),
        ([{"method": "plain"}], [{"method": "plain"}]),
        ({"other": "${x}"}, {"other": "${x}"}),
        ({"method": 1}, {"method": 1}),
    ],
)
def test_methods_of_encryption_are_bare(given: Any, found: Any) -> None:
    assert bare_methods(given) == found
