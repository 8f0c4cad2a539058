"""Who waits for whom."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir import graph
from nivis_tofu.ir.values import Ref
from tests.support.rendering import BUILTIN, DATA, data, decode, derived, document, ref

PENDING = {"__derived": {"inputs": [], "refs": [ref("a")]}}


def names(ids: Collection[str]) -> str:
    return " ".join(sorted(i.removeprefix(DATA) for i in ids))


def test_dependencies_of_every_kind() -> None:
    ir = decode(
        document(
            data("a", 1),
            data("native", {"__expr": ["x", {"__ref": ref("a")}]}),
            data("derived", derived({"__ref": ref("native")}, "a")),
            data("depends", 1, meta={"dependsOn": [DATA + "a"]}),
            data("trigger", 1, meta={"lifecycle": {"replaceTriggeredBy": [DATA + "a"]}}),
            data("member", 1, given=[ref("a")]),
            {"id": "p.t.x", "provider": "p", "type": "t", "name": "x"},
            providers={**BUILTIN, "p": {"source": "a/b", "config": {"x": {"__ref": ref("a")}}}},
        )
    )
    found = {i.removeprefix(DATA): names(deps) for i, deps in graph.dependencies(ir).items()}
    assert found == {
        "a": "",
        "native": "a",
        "derived": "a native",
        "depends": "a",
        "trigger": "a",
        "member": "a",
        "p.t.x": "a",
    }


def test_held() -> None:
    ir = decode(
        document(
            data("a", 1),
            data("b", PENDING),
            data("c", {"__ref": ref("b")}),
            data("d", 1, meta={"dependsOn": [DATA + "c"]}),
            data("e", {"__ref": ref("a")}),
        )
    )
    assert names(graph.held(ir, set())) == "b c d"
    assert names(graph.held(ir, {"terraform"})) == "a b c d e"


def test_who_names_a_member_of_a_pending_group_waits() -> None:
    pending = [{"name": "g", "refs": [ref("a")]}]
    ir = decode(document(data("a", 1), data("b", {"__ref": ref("member")}), pending=pending))
    assert names(graph.held(ir, set())) == "b"


def test_pending_providers() -> None:
    config = {"x": {"__ref": ref("a")}}
    ir = decode(document(data("a", 1), providers={**BUILTIN, "p": {"source": "a/b", "config": config}}))
    assert graph.pending_providers(ir, {}) == {"p"}
    assert graph.pending_providers(ir, {Ref(DATA + "a", ("id",)): True}) == set()


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, ""),
        ({"a": {"b"}, "b": {"a"}}, "a b a"),
        ({"a": {"a"}}, "a a"),
        ({"x": {"a"}, "a": {"b", "z"}, "b": {"c"}, "c": {"a"}}, "a b c a"),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": {"gone"}}, ""),
    ],
)
def test_find_cycle(edges: dict[str, set[str]], cycle: str) -> None:
    assert " ".join(graph.find_cycle(edges)) == cycle


@given(st.dictionaries(st.integers(0, 8), st.sets(st.integers(0, 8))))
def test_a_cycle_is_found_exactly_where_there_is_one(raw: dict[int, set[int]]) -> None:
    edges = {str(k): {str(v) for v in vs} for k, vs in raw.items()}
    cycle = graph.find_cycle(edges)
    cyclic = any(n in graph.closure(edges[n], edges) for n in edges)
    assert bool(cycle) is cyclic
    assert all(b in edges[a] for a, b in pairwise(cycle))


def test_a_deep_chain_is_no_problem() -> None:
    edges: dict[str, set[str]] = {str(n): {str(n + 1)} for n in range(5_000)}
    assert graph.find_cycle(edges) == []
    assert len(graph.closure(["0"], edges)) == 5_001


def test_the_cycle_is_told_by_name() -> None:
    resources: list[dict[str, Any]] = [data("a", derived(1, "b")), data("b", {"__ref": ref("a")})]
    with pytest.raises(IRError) as error:
        graph.check_acyclic(decode(document(*resources)))
    assert f"{DATA}a -> {DATA}b -> {DATA}a" in error.value.diagnostics[0].detail
