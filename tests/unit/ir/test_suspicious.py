"""Warnings about what is hardly meant."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir import suspicious
from tests.support.rendering import DATA, data, decode, derived, document, ref


def found(value: Any, **more: Any) -> list[tuple[str, str]]:
    ir = decode(document(data("a", 1), data("b", value), **more))
    return [(w.address, w.attribute) for w in suspicious.warnings(ir)]


@pytest.mark.parametrize("value", [DATA + "a", [1, DATA + "a"], {"x": {"y": [DATA + "a"]}}])
def test_an_id_as_a_value(value: Any) -> None:
    assert found(value) == [(DATA + "b", "input")]


@pytest.mark.parametrize("value", [DATA + "c", f"about {DATA}a", {"__ref": ref("a")}, derived("x", "a"), None, 1])
def test_what_is_none(value: Any) -> None:
    assert not found(value)


def test_in_outputs_and_what_to_do() -> None:
    ir = decode(document(data("a", 1), outputs={"o": {"value": {"x": DATA + "a"}}}))
    (warning,) = suspicious.warnings(ir)
    assert (warning.address, warning.severity) == ("output.o", "warning")
    assert warning.summary == "The id of a resource in the flake is used as a value"
    assert 'refAttr "id"' in warning.hint
