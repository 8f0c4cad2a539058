"""In which phase each resource comes to be: what the graph of an IR says of a run before it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nivis_tofu.ir import graph
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.values import Derived, Expr, Ref, Value, references


def phase_refs(ir: IR, resource: Resource) -> set[Ref]:
    """References whose value Nix needs before the resource can be rendered."""
    refs = set(resource.given)
    for derived in resource.derived:
        refs.update(derived.refs)
    for key in resource.provider_keys:
        if key in ir.providers:
            refs.update(references(dict(ir.providers[key].config)))
    return refs


def phases(
    ir: IR, costs: Callable[[Ref], bool] = lambda _: True, earliest: Mapping[str, int] | None = None
) -> dict[str, int]:
    """id -> phase, from 1, in a run from nothing or in one in which only references that `costs` accepts are unknown.

    A value that its plan already knows costs none. `earliest`: nodes that wait for more than the graph says.
    """
    graph.check_acyclic(ir)
    edges = graph.objects(ir)
    order = targets_first(edges)
    when = dict.fromkeys(order, 1)
    before: dict[str, int] = {}
    # Once is enough, but for module calls that use each other's outputs: those come in one phase.
    while before != when:
        before = dict(when)
        for node in order:
            refs = phase_refs(ir, ir.resources[node]) if node in ir.resources else ()
            late = (r for r in refs if r.resource in when and not planned(ir, r) and costs(r))
            found = [*(when[t] for t in edges[node]), *(when[r.resource] + 1 for r in late)]
            when[node] = max([(earliest or {}).get(node, 1), *found])
    return when


def targets_first(edges: graph.Edges) -> list[str]:
    """All nodes, each behind what it depends on as far as that is possible."""
    order: dict[str, None] = {}
    seen: set[str] = set()
    for start in edges:
        stack = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                order[node] = None
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(t, False) for t in sorted(edges[node])]
    return list(order)


def planned(ir: IR, ref: Ref) -> bool:
    """Whether the value is configured as plain data, so that the first plan knows it."""
    resource = ir.resources.get(ref.resource)
    if resource is None or resource.mode != "managed" or not ref.path or ref.path[0] not in resource.config:
        return False
    return _is_data(resource.config[str(ref.path[0])])


def _is_data(value: Value) -> bool:
    match value:
        case Ref() | Expr():
            return False
        case Derived():
            # A sensitive variable has a value and comes from nowhere else.
            return not (value.refs or value.stacks)
        case list():
            return all(map(_is_data, value))
        case dict():
            return all(map(_is_data, value.values()))
        case _:
            return True
