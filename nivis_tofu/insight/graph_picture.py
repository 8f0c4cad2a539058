"""The dependency graph as a picture: who depends on whom, and in which phase each comes to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.ir import graph
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.phases import phase_refs, phases
from nivis_tofu.ir.values import Path, format_path, references

Via = Literal["ref", "derived", "order"]
_KEY = regex(r"(__[^.]*|[-_]?[0-9]+)$")
"""What tells the siblings of `mkResources` apart, and those that were numbered by hand."""
_FEW = 3
"""So many siblings are one node."""


@immutable(slots=True)
class Node:
    """`count`: how many equal siblings it stands for; `action`: what a plan does with it."""

    id: str
    kind: str
    phase: int
    count: int = 1
    action: str = ""

    @property
    def label(self) -> str:
        return f"{self.id} ({self.count})" if self.count > 1 else self.id


@immutable(slots=True)
class Edge:
    """`source` needs `target`; `derived`: Nix computes in between, so it costs a phase.

    `attributes`: those of the target that are needed.
    """

    source: str
    target: str
    via: Via
    attributes: tuple[str, ...] = ()


@immutable
class Drawing:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def phases(self) -> dict[int, list[Node]]:
        found: dict[int, list[Node]] = {}
        for node in sorted(self.nodes, key=lambda n: (n.phase, n.id)):
            found.setdefault(node.phase, []).append(node)
        return found


def draw(ir: IR) -> Drawing:
    """Nodes with the phase in which each is created in a run from nothing."""
    when = phases(ir)
    kinds: dict[str, str] = {r.id: r.mode for r in ir.resources.values()}
    kinds |= {
        name: name.split(".")[0] if name.startswith(("data.", "module.")) else "managed"
        for name in when
        if name not in kinds
    }
    nodes = [Node(i, kinds[i], phase) for i, phase in when.items() if i in kinds]
    edges = [e for e in edges_of(ir) if e.target in kinds]
    for group in ir.groups:
        inputs = sorted({r.resource for r in group.refs} & kinds.keys())
        nodes.append(Node(f"? {group.name}", "group", 1 + max((when[i] for i in inputs), default=1)))
        refs = {i: [r for r in group.refs if r.resource == i] for i in inputs}
        edges += [Edge(f"? {group.name}", i, "derived", _attributes(r.path for r in refs[i])) for i in inputs]
    return Drawing(tuple(nodes), tuple(edges))


def edges_of(ir: IR) -> list[Edge]:
    """Every dependency once; one through Nix wins over others between the same resources."""
    found: list[Edge] = []
    for source, targets in graph.objects(ir).items():
        computed, direct = set(), targets
        if resource := ir.resources.get(source):
            needed = [*phase_refs(ir, resource), *(r for leaf in resource.leaves for r in references(leaf))]
            computed = {r.resource for r in phase_refs(ir, resource)}
            # Neither in a value nor in the text of an expression: a matter of order only.
            direct = targets - set(resource.meta.depends_on)
            direct |= {r.resource for leaf in resource.leaves for r in references(leaf)}
        else:
            needed = []
        for target in sorted(targets):
            via: Via = "derived" if target in computed else "ref" if target in direct else "order"
            found.append(Edge(source, target, via, _attributes(r.path for r in needed if r.resource == target)))
    return found


def _attributes(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(sorted({format_path(path).removeprefix(".") for path in paths} - {""}))


def coloured(drawing: Drawing, actions: Mapping[str, str]) -> Drawing:
    """With what a plan does: id -> action."""
    return replace(drawing, nodes=tuple(replace(n, action=actions.get(n.id, "")) for n in drawing.nodes))


def grouped(drawing: Drawing) -> Drawing:
    """Equal siblings as one node: same name but for a key or a number, same phase, same neighbours."""
    around: dict[str, set[tuple[str, ...]]] = {n.id: set() for n in drawing.nodes}
    for e in drawing.edges:
        around[e.source].add(("needs", _base(e.target), e.via, *e.attributes))
        around[e.target].add(("needed", _base(e.source), e.via, *e.attributes))
    alike: dict[tuple[object, ...], list[Node]] = {}
    for n in drawing.nodes:
        alike.setdefault((_base(n.id), n.kind, n.phase, n.action, frozenset(around[n.id])), []).append(n)
    name, nodes = dict[str, str](), []
    for members in alike.values():
        if len(members) < _FEW:
            nodes += members
            continue
        whole = replace(members[0], id=f"{_base(members[0].id)}*", count=len(members))
        nodes.append(whole)
        name |= {m.id: whole.id for m in members}
    edges = dict.fromkeys(
        replace(e, source=name.get(e.source, e.source), target=name.get(e.target, e.target)) for e in drawing.edges
    )
    return Drawing(tuple(nodes), tuple(edges))


def _base(id_: str) -> str:
    return _KEY.sub("", id_)
