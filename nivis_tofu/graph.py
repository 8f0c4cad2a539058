"""Who depends on whom, and what has to wait: pure functions of an IR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nivis_tofu.blocks import names_in
from nivis_tofu.errors import IRError
from nivis_tofu.ir import IR, Derived, Expr, Ref, Resource, leaves, references


def dependencies(ir: IR) -> dict[str, set[str]]:
    """id -> ids it depends on: references, derived inputs, dependsOn, groups, its provider's configuration."""
    by_provider = {key: {r.resource for r in references(dict(p.config))} for key, p in ir.providers.items()}
    graph: dict[str, set[str]] = {}
    for resource in ir.resources.values():
        found = {r.resource for leaf in resource.leaves for r in references(leaf)}
        found |= {r.resource for r in resource.given} | set(resource.meta.depends_on)
        found |= {t for t in resource.meta.replace_triggered_by if isinstance(t, str) and t in ir.resources}
        for key in _provider_keys(resource):
            found |= by_provider.get(key, set())
        graph[resource.id] = found - ({resource.id} if resource.mode == "module" else set())
    return graph


def edges(ir: IR) -> dict[str, set[str]]:
    """`dependencies`, what the text of an `expr` names, and the blocks of a joined root module by their names."""
    graph = dependencies(ir)
    ids = {r.address: r.id for r in ir.resources.values()}
    for name, wanted in ir.foreign.items():
        graph[name] = {ids.get(w, w) for w in wanted if w in ids or w in ir.foreign}
    for resource in ir.resources.values():
        texts = [p for leaf in resource.leaves if isinstance(leaf, Expr) for p in leaf.parts if isinstance(p, str)]
        named = names_in(" ".join(texts)) if texts else set()
        graph[resource.id] |= {ids.get(n, n) for n in named if n in ids or n in ir.foreign} - {resource.id}
    return graph


def objects(ir: IR) -> dict[str, set[str]]:
    """`edges` between resources, data sources and modules alone, through what lies between them (locals …)."""
    graph = edges(ir)
    # In one order: a set of strings has another one in each process.
    nodes = dict.fromkeys([*ir.resources, *sorted(ir.foreign_objects)]).keys()
    passing = {name: wanted for name, wanted in graph.items() if name not in nodes}
    found = {}
    for node in nodes:
        direct = graph[node]
        found[node] = (closure(direct - nodes, passing) | direct) & nodes
    return found


def addresses(ir: IR) -> dict[str, set[str]]:
    """`edges` by engine address."""

    def place(node: str) -> str:
        return ir.resources[node].address if node in ir.resources else node

    return {
        place(i): {place(t) for t in targets if t in ir.resources or t in ir.foreign}
        for i, targets in edges(ir).items()
    }


def _provider_keys(resource: Resource) -> Iterable[str]:
    return resource.module_providers.values() if resource.mode == "module" else (resource.provider,)


def dependents(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same edges, the other way round."""
    back: dict[str, set[str]] = {}
    for node, targets in graph.items():
        for target in targets:
            back.setdefault(target, set()).add(node)
    return back


def closure(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    """`start` and everything reachable from it."""
    seen: set[str] = set()
    stack = list(start)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edges.get(node, ()))
    return seen


def find_cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """One cycle as `[a, b, a]`, or nothing. Iterative: chains may be thousands deep."""
    done: set[str] = set()
    for root in sorted(graph):
        trail: list[str] = []
        on_trail: set[str] = set()
        stack: list[tuple[str, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                on_trail.discard(node)
                trail.pop()
                done.add(node)
                continue
            if node in on_trail:
                return [*trail[trail.index(node) :], node]
            if node in done:
                continue
            trail.append(node)
            on_trail.add(node)
            stack.append((node, True))
            # Reverse order, so that the cycle is reported the same way each time.
            stack.extend((t, False) for t in sorted(graph.get(node, ()), reverse=True) if t not in done)
    return []


def check_acyclic(ir: IR) -> None:
    """Raise with the cycle by name, before anything is planned."""
    cycle = find_cycle(edges(ir))
    if cycle:
        raise IRError.of(
            "Dependency cycle",
            f"{' -> '.join(cycle)}: each of these waits for the next one, so none can ever be created.",
            "Break the cycle: take one of the references or derived values out.",
            address=cycle[0],
        )


def pending_providers(ir: IR, trusted: Mapping[Ref, bool]) -> set[str]:
    """Provider keys whose configuration needs a value that is not known now."""
    found = set()
    for key, provider in ir.providers.items():
        for leaf in leaves(dict(provider.config)):
            if (isinstance(leaf, Derived) and leaf.pending) or (isinstance(leaf, Ref) and not trusted.get(leaf, False)):
                found.add(key)
    return found


def held(ir: IR, waiting_providers: set[str]) -> set[str]:
    """What cannot be in this phase: pending, or dependent on what is. ids, and names in a joined root module."""
    graph = edges(ir)
    start = {
        r.id
        for r in ir.resources.values()
        if r.pending
        or any(key in waiting_providers for key in _provider_keys(r))
        # Whoever names a member of a pending group waits for that group.
        or (ir.groups and graph[r.id] - ir.resources.keys() - ir.foreign.keys())
    }
    return closure(start, dependents(graph))
