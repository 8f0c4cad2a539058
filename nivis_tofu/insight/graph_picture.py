"""The dependency graph as a picture: who depends on whom, and in which phase each comes to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nivis_tofu.core.visible import line
from nivis_tofu.ir import graph
from nivis_tofu.ir.model import IR, references
from nivis_tofu.ir.phases import phase_refs, phases

Via = Literal["ref", "derived", "order"]
BANDS = ("#dbeafe", "#dcfce7", "#fef9c3", "#fde2e2", "#ede9fe", "#cffafe", "#ffedd5", "#e5e7eb")
SHAPES = {"managed": "box", "data": "ellipse", "module": "component", "group": "diamond"}


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    kind: str
    phase: int


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` needs `target`; `derived`: Nix computes in between, so it costs a phase."""

    source: str
    target: str
    via: Via


@dataclass(frozen=True)
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
        edges += [Edge(f"? {group.name}", i, "derived") for i in inputs]
    return Drawing(tuple(nodes), tuple(edges))


def edges_of(ir: IR) -> list[Edge]:
    """Every dependency once; one through Nix wins over others between the same resources."""
    found: list[Edge] = []
    for source, targets in graph.objects(ir).items():
        computed, direct = set(), targets
        if resource := ir.resources.get(source):
            computed = {r.resource for r in phase_refs(ir, resource)}
            # Neither in a value nor in the text of an expression: a matter of order only.
            direct = targets - set(resource.meta.depends_on)
            direct |= {r.resource for leaf in resource.leaves for r in references(leaf)}
        for target in sorted(targets):
            via: Via = "derived" if target in computed else "ref" if target in direct else "order"
            found.append(Edge(source, target, via))
    return found


def dot(drawing: Drawing) -> str:
    """Graphviz's language: one band (cluster) a phase."""
    lines = [
        "digraph nivis {",
        "  rankdir = RL;",
        '  node [style = filled, fillcolor = white, fontname = "sans"];',
        '  edge [fontname = "sans", fontsize = 10];',
    ]
    for phase, nodes in drawing.phases.items():
        lines.append(f"  subgraph cluster_{phase} {{")
        lines.append(f'    label = "phase {phase}"; style = filled; color = "{_band(phase)}";')
        lines += [f"    {_quoted(n.id)} [shape = {SHAPES[n.kind]}];" for n in nodes]
        lines.append("  }")
    styles = {"ref": "", "derived": ' [style = bold, label = "Nix"]', "order": " [style = dashed]"}
    lines += [f"  {_quoted(e.source)} -> {_quoted(e.target)}{styles[e.via]};" for e in drawing.edges]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(drawing: Drawing) -> str:
    """A Mermaid flowchart, as many forges render it inside Markdown."""
    short = {n.id: f"n{k}" for k, n in enumerate(drawing.nodes)}
    lines = ["flowchart RL"]
    for phase, nodes in drawing.phases.items():
        lines.append(f'  subgraph phase{phase}["phase {phase}"]')
        lines += [f'    {short[n.id]}["{_entities(n.id)}"]' for n in nodes]
        lines.append("  end")
        lines.append(f"  style phase{phase} fill:{_band(phase)}")
    arrows = {"ref": "-->", "derived": "==>|Nix|", "order": "-.->"}
    lines += [f"  {short[e.source]} {arrows[e.via]} {short[e.target]}" for e in drawing.edges]
    return "\n".join(lines) + "\n"


TEXT: Mapping[str, Callable[[Drawing], str]] = {"dot": dot, "mermaid": mermaid}


def _band(phase: int) -> str:
    return BANDS[(phase - 1) % len(BANDS)]


def _quoted(text: str) -> str:
    return '"' + line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(text: str) -> str:
    return line(text).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
