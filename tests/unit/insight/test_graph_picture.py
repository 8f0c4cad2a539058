"""Phases of a graph from nothing, the origins of values, and their pictures."""

from __future__ import annotations

from typing import Any

from nivis_tofu.insight import graph_picture, why
from nivis_tofu.ir import decode, phases
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.views import origin


def ref(name: str, attribute: str = "id") -> dict[str, Any]:
    return {"resource": f"t.thing.{name}", "path": [attribute]}


def derived(*refs: dict[str, Any]) -> dict[str, Any]:
    inputs = [f"{r['resource']}.{r['path'][0]}" for r in refs]
    return {"__derived": {"inputs": inputs, "refs": list(refs)}}


def resource(name: str, **config: Any) -> dict[str, Any]:
    pos = {"": {"file": "/nix/store/abc-source/flake.nix", "line": 3, "column": 5}}
    return {"id": f"t.thing.{name}", "provider": "t", "type": "thing", "name": name, "config": config, "pos": pos}


def ir(*resources: dict[str, Any], **more: Any) -> Any:
    document = {"schemaVersion": 1, "providers": {"t": {"source": "a/t", "config": {}}}, "edges": []}
    return decode.decode({**document, "resources": list(resources), "nixConsumers": [], **more})


CHAIN = ir(
    resource("a", size=3),
    resource("b", x=derived(ref("a"))),
    resource("c", x=derived(ref("b")), y={"__ref": ref("a")}),
    resource("near", x={"__ref": ref("a")}),
    resource("known", x=derived(ref("a", "size"))),
)


def test_only_what_the_plan_cannot_know_costs_a_phase() -> None:
    found = {i.rsplit(".", 1)[-1]: phase for i, phase in phases.phases(CHAIN).items()}
    assert found == {"a": 1, "b": 2, "c": 3, "near": 1, "known": 1}


def test_a_provider_made_of_outputs_makes_its_resources_wait() -> None:
    providers = {"t": {"source": "a/t", "config": {}}, "u": {"source": "a/u", "config": {"host": {"__ref": ref("a")}}}}
    late = {**resource("x"), "id": "u.thing.x", "provider": "u"}
    assert phases.phases(ir(resource("a"), late, providers=providers))["u.thing.x"] == 2


def test_a_pending_group_is_a_node_of_its_own() -> None:
    found = graph_picture.draw(ir(resource("a"), pending=[{"name": "hosts", "refs": [ref("a")]}]))
    assert graph_picture.Node("? hosts", "group", 2) in found.nodes
    assert graph_picture.Edge("? hosts", "t.thing.a", "derived", ("id",)) in found.edges


def test_edges_say_how_and_what_of() -> None:
    found = {(e.source[-1], e.target[-1]): (e.via, e.attributes) for e in graph_picture.edges_of(CHAIN)}
    assert found[("b", "a")] == ("derived", ("id",))
    assert found[("r", "a")] == ("ref", ("id",))
    assert found[("n", "a")] == ("derived", ("size",))


def test_equal_siblings_are_one_node() -> None:
    hosts = [resource(f"host__{n}", x=derived(ref("a"))) for n in range(3)]
    disks = [resource(f"disk{n}", host={"__ref": ref(f"host__{n}")}) for n in range(3)]
    odd = resource("host__9", x={"__ref": ref("a")})
    found = graph_picture.grouped(graph_picture.draw(ir(resource("a"), *hosts, *disks, odd)))
    assert sorted(n.label for n in found.nodes) == [
        "t.thing.a",
        "t.thing.disk* (3)",
        "t.thing.host* (3)",
        "t.thing.host__9",
    ]
    assert set(found.edges) == {
        graph_picture.Edge("t.thing.host*", "t.thing.a", "derived", ("id",)),
        graph_picture.Edge("t.thing.host__9", "t.thing.a", "ref", ("id",)),
        graph_picture.Edge("t.thing.disk*", "t.thing.host*", "ref", ("id",)),
    }


def test_siblings_that_a_plan_treats_differently_stay_apart() -> None:
    drawn = graph_picture.draw(ir(*(resource(f"n{k}") for k in range(4))))
    coloured = graph_picture.coloured(drawn, {"t.thing.n3": "update"})
    assert sorted(n.label for n in graph_picture.grouped(coloured).nodes) == ["t.thing.n* (3)", "t.thing.n3"]


def test_a_deep_chain_needs_no_recursion() -> None:
    chain = [resource("n0"), *(resource(f"n{k}", x={"__ref": ref(f"n{k - 1}")}) for k in range(1, 1500))]
    assert set(phases.phases(ir(*chain)).values()) == {1}


def test_an_origin_is_told_once() -> None:
    found = why.why(CHAIN, Ledger(), "t.thing.c.x", {})
    assert found.phase == 3
    text = origin.text(found)
    assert text.splitlines()[1] == "   at flake.nix:3:5"
    assert "known after phase 2" in text
    twice = ir(
        resource("a"), resource("b", x=[derived(ref("a")), derived(ref("a"))]), resource("c", x=derived(ref("a")))
    )
    assert origin.text(why.why(twice, Ledger(), "thing.b.x", {})).count("decided by the provider") == 1


def test_paths_reach_into_values() -> None:
    deep = ir(resource("a", tags={"Name": "x", "list": [1, derived(ref("z"))]}), resource("z"))
    assert why.why(deep, Ledger(), "t.thing.a.tags.Name", {}).value == "x"
    assert why.why(deep, Ledger(), 't.thing.a["tags"].list[1]', {}).how == ("nix",)
    assert why.why(deep, Ledger(), "t.thing.a.tags.nope", {}).how == ("provider",)
