"""In which phase each resource comes to be."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.phases import phases, planned
from nivis_tofu.ir.values import Ref
from tests.support.rendering import BUILTIN, DATA, data, decode, derived, document, ref

A_ID = {"__ref": ref("a")}


def when(*resources: Any, **more: Any) -> dict[str, int]:
    return {i.removeprefix(DATA): n for i, n in phases(decode(document(*resources, **more))).items()}


def test_a_reference_costs_none_and_a_computed_value_one() -> None:
    found = when(data("a", 1), data("same", A_ID), data("next", derived(A_ID, "a")), data("last", derived(1, "next")))
    assert found == {"a": 1, "same": 1, "next": 2, "last": 3}


def test_who_refers_to_somebody_late_is_late() -> None:
    assert when(data("x", {"__ref": ref("b")}), data("a", 1), data("b", derived(1, "a"))) == {"a": 1, "b": 2, "x": 2}


def test_a_provider_that_waits_takes_its_resources_along() -> None:
    found = when(
        data("a", 1),
        {"id": "p.t.x", "provider": "p", "type": "t", "name": "x"},
        providers={**BUILTIN, "p": {"source": "x/p", "config": {"host": A_ID}}},
    )
    assert found == {"a": 1, "p.t.x": 2}


def test_what_its_plan_knows_costs_none() -> None:
    ir = decode(document(data("a", "plain"), data("b", A_ID)))
    assert planned(ir, Ref(f"{DATA}a", ("input",)))
    assert not planned(ir, Ref(f"{DATA}a", ("id",)))
    assert not planned(ir, Ref(f"{DATA}b", ("input",)))
    assert not planned(ir, Ref(f"{DATA}none", ("input",)))
    assert not planned(ir, Ref(f"{DATA}a", ()))


def test_only_what_is_still_to_come_counts() -> None:
    ir = decode(document(data("a", 1), data("b", derived(1, "a"))))
    assert phases(ir, lambda _: False) == {f"{DATA}a": 1, f"{DATA}b": 1}


def test_a_circle_has_no_phase() -> None:
    with pytest.raises(IRError):
        when(data("a", {"__ref": ref("b")}), data("b", A_ID))
