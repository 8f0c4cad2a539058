"""Who depends on whom, and what has to wait: pure functions of an IR."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias, TypeVar

from nivis_tofu.core.errors import IRError
from nivis_tofu.hcl.blocks import names_in_template
from nivis_tofu.ir.model import IR, Group
from nivis_tofu.ir.providers import local_names
from nivis_tofu.ir.values import Derived, Expr, Ref, Value, leaves, references

Edges: TypeAlias = Mapping[str, AbstractSet[str]]
"""Node -> nodes that it depends on."""
T = TypeVar("T")


def _once(make: Callable[[IR], T]) -> Callable[[IR], T]:
    """Made once for each IR, since an IR never changes; whoever takes it must not change it either."""

    @functools.wraps(make)
    def made(ir: IR) -> T:
        kept = ir.__dict__  # where a cached property keeps its value: it goes with the IR
        if make.__qualname__ not in kept:
            kept[make.__qualname__] = make(ir)
        found: T = kept[make.__qualname__]
        return found

    return made


def dependencies(ir: IR) -> dict[str, AbstractSet[str]]:
    """id -> ids it depends on: references, derived inputs, dependsOn, groups, imports, its provider's configuration."""
    by_provider = {key: {r.resource for r in references(dict(p.config))} for key, p in ir.providers.items()}
    graph: dict[str, AbstractSet[str]] = {}
    for resource in ir.resources.values():
        more = {t for t in resource.meta.replace_triggered_by if isinstance(t, str) and t in ir.resources}
        for key in resource.provider_keys:
            more |= by_provider.get(key, set())
        if resource.address in ir.imports:
            more |= {r.resource for r in references(ir.imports[resource.address])}
        found = _with(resource.uses, more)
        graph[resource.id] = found - {resource.id} if resource.mode == "module" else found
    return graph


def _with(some: AbstractSet[str], more: AbstractSet[str]) -> AbstractSet[str]:
    """All of both; there are thousands of sets, and most need no other one."""
    return some if more <= some else some | more


@_once
def edges(ir: IR) -> Edges:
    """`dependencies`, what the text of an `expr` names, local values, and the blocks of a joined root module."""
    graph = dependencies(ir)
    ids = {r.address: r.id for r in ir.resources.values()}
    known = ids.keys() | ir.foreign.keys() | ir.locals.keys()

    def meant(names: Iterable[str]) -> set[str]:
        return {ids.get(n, n) for n in names if n in known}

    for name, wanted in ir.foreign.items():
        graph[name] = meant(wanted)
    for name, value in ir.locals.items():
        graph[name] = {r.resource for r in references(value)} | meant(named(value))
    by_provider = {
        key: meant(
            {f"provider.{local}.{alias}" if alias else f"provider.{local}", *named(dict(ir.providers[key].config))}
        )
        for key, (local, alias) in local_names(ir).items()
    }
    for resource in ir.resources.values():
        found = meant(named(list[Value](resource.leaves))) if resource.leaves else set()
        for key in resource.provider_keys:
            found |= by_provider.get(key, set())
        graph[resource.id] = _with(graph[resource.id], found - {resource.id})
    return graph


def named(value: Value) -> set[str]:
    """Addresses and names of local values that the text of templates mentions."""
    found: set[str] = set()
    for leaf in leaves(value):
        if isinstance(leaf, Expr):
            # A reference or a value between two texts is an operand like any other.
            found |= names_in_template("".join(p if isinstance(p, str) else "0" for p in leaf.parts))
    return found


@_once
def objects(ir: IR) -> Edges:
    """`edges` between resources, data sources and modules alone, through what lies between them (locals …)."""
    graph = edges(ir)
    # In one order: a set of strings has another one in each process.
    nodes = dict.fromkeys([*ir.resources, *sorted(ir.foreign_objects)])
    passing = {name: wanted for name, wanted in graph.items() if name not in nodes}
    found = {node: _through(graph[node], passing) for node in nodes}
    return {node: targets if targets <= nodes.keys() else targets & nodes.keys() for node, targets in found.items()}


def _through(direct: AbstractSet[str], passing: Edges) -> AbstractSet[str]:
    """What these are or lead to, by way of nodes that only pass on."""
    between = {t for t in direct if t in passing}
    return direct | closure(between, passing) if between else direct


def addresses(ir: IR) -> dict[str, set[str]]:
    """`edges` by engine address."""

    def place(node: str) -> str:
        return ir.resources[node].address if node in ir.resources else node

    graph = edges(ir)
    return {place(i): {place(t) for t in targets if t in graph} for i, targets in graph.items()}


def dependents(graph: Edges) -> dict[str, set[str]]:
    """The reversed edges."""
    back: dict[str, set[str]] = {}
    for node, targets in graph.items():
        for target in targets:
            back.setdefault(target, set()).add(node)
    return back


def closure(start: Iterable[str], edges: Edges) -> set[str]:
    """`start` and everything reachable from it."""
    seen: set[str] = set()
    stack = list(start)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edges.get(node, ()))
    return seen


def find_cycle(graph: Edges) -> list[str]:
    """One cycle as `[a, b, a]`, the same each time, or nothing."""
    tangled = _tangled(graph)
    try:
        TopologicalSorter({node: sorted(graph[node] & tangled) for node in sorted(tangled)}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


@_once
def check_acyclic(ir: IR) -> None:
    """Raise IRError naming the cycle, if there is one.

    A module call is no node for the engine: what it gives does not wait for all that it takes. It is one here only
    where Nix has to know a value first, since a call is written as a whole or not at all.
    """
    graph, values = edges(ir), _values(ir)
    calls = {r.id for r in ir.resources.values() if r.mode == "module"}
    calls |= {name for name in ir.foreign if name.startswith("module.")}
    behind = {
        i: values.get(i, set()) | set(ir.resources[i].meta.depends_on) if i in ir.resources else set() for i in calls
    }
    if cycle := find_cycle({**graph, **behind}):
        raise _cycle(cycle)
    if cycle := _deadlock(graph, values):
        raise _cycle(
            cycle,
            "A module is called as a whole, so a value that Nix computes for it must not come from something that "
            "uses its outputs: give it a native reference (`refAttr`, `lib.expr`).",
        )


def _cycle(
    cycle: list[str], hint: str = "Break the cycle: take one of the references or derived values out."
) -> IRError:
    return IRError.of(
        "Dependency cycle",
        f"{' -> '.join(cycle)}: each of these waits for the next one, so none can ever be created.",
        hint,
        address=cycle[0],
    )


def _values(ir: IR) -> dict[str, set[str]]:
    """id -> ids of which Nix, or a provider's configuration, needs a value before it can be written down."""
    by_provider = {key: {r.resource for r in references(dict(p.config))} for key, p in ir.providers.items()}
    found = {}
    for resource in ir.resources.values():
        wanted = {ref.resource for derived in resource.derived for ref in derived.refs}
        wanted.update(ref.resource for ref in resource.given)
        if resource.address in ir.imports:
            wanted.update(ref.resource for ref in references(ir.imports[resource.address]))
        found[resource.id] = wanted.union(*(by_provider.get(key, set()) for key in resource.provider_keys))
    for name, value in ir.locals.items():
        found[name] = {r.resource for leaf in leaves(value) if isinstance(leaf, Derived) for r in leaf.refs}
    return found


def _deadlock(graph: Edges, values: Edges) -> list[str]:
    """A cycle with a value in it that has to be known first, as `[a, b, a]`, or nothing."""
    tangled = _tangled(graph)
    for node in sorted(values):
        for target in sorted(values[node]):
            if target == node:
                return [node, node]
            if node in tangled and target in tangled and (way := _way(graph, target, node)):
                return [node, *way]
    return []


def _tangled(graph: Edges) -> set[str]:
    """Nodes from which a cycle can be reached; none where there is no cycle."""
    open_ = {node: len(targets & graph.keys()) for node, targets in graph.items()}
    back = dependents(graph)
    free = [node for node, count in open_.items() if not count]
    for node in free:
        for user in back.get(node, ()):
            open_[user] -= 1
            if not open_[user]:
                free.append(user)
    return open_.keys() - set(free)


def _way(graph: Edges, start: str, end: str) -> list[str]:
    """The shortest way from one node to another, both included, or nothing."""
    came: dict[str, str] = {start: ""}
    queue = [start]
    for node in queue:
        if node == end:
            way = [node]
            while came[way[-1]]:
                way.append(came[way[-1]])
            return way[::-1]
        fresh = [t for t in sorted(graph.get(node, ())) if t not in came]
        came.update(dict.fromkeys(fresh, node))
        queue += fresh
    return []


def pending_providers(ir: IR, trusted: Mapping[Ref, bool]) -> set[str]:
    """Keys of providers whose configuration needs an unknown value."""
    found = set()
    for key, provider in ir.providers.items():
        for leaf in leaves(dict(provider.config)):
            if (isinstance(leaf, Derived) and leaf.pending) or (isinstance(leaf, Ref) and not trusted.get(leaf, False)):
                found.add(key)
    return found


def held(ir: IR, waiting_providers: set[str]) -> set[str]:
    """What cannot be in this phase: pending, or dependent on what is. ids, and names in a joined root module."""
    graph = edges(ir)
    imported = {address for address, entry in ir.imports.items() if _waits(entry)}
    start = {
        r.id
        for r in ir.resources.values()
        if r.pending
        or r.address in imported
        or any(key in waiting_providers for key in r.provider_keys)
        # Whoever names a member of a pending group waits for that group.
        or (ir.groups and not all(t in graph for t in graph[r.id]))
    }
    start |= pending_locals(ir)
    return closure(start, dependents(graph))


def pending_locals(ir: IR) -> set[str]:
    """Names of the flake's own local values that are not known yet (without `local.`)."""
    return {name for name, value in ir.locals.items() if _waits(value)}


def _waits(value: Value) -> bool:
    return any(isinstance(leaf, Derived) and leaf.pending for leaf in leaves(value))


def gone(ir: IR, missing: set[str]) -> set[str]:
    """Addresses of `missing` ids, and names of local values and of joined blocks that cannot be without them."""
    found = closure(missing, dependents(edges(ir))) if missing else set()
    places = {ir.resources[i].address for i in missing if i in ir.resources}
    return places | {name for name in found if name in ir.foreign or name in ir.locals}


def never_known(ir: IR) -> list[Group]:
    """Pending groups that wait for members of each other or of themselves; [] if at least one can become known."""
    if not ir.groups:
        return []
    graph = edges(ir)
    missing = {t for targets in graph.values() for t in targets if t not in graph}
    missing |= {r.resource for group in ir.groups for r in group.refs if r.resource not in graph}
    lost = closure(missing, dependents(graph))
    stuck = [group for group in ir.groups if any(r.resource in lost for r in group.refs)]
    # What is missing may be a member of a group that comes to be known.
    return stuck if len(stuck) == len(ir.groups) else []
