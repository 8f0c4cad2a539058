"""A drawing of the graph as text: for a terminal, for Graphviz, for forges. Arrows go in the direction of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nivis_tofu.core.visible import line
from nivis_tofu.insight.graph_picture import Drawing, Edge, Node

BANDS = ("#dbeafe", "#dcfce7", "#fef9c3", "#fde2e2", "#ede9fe", "#cffafe", "#ffedd5", "#e5e7eb")
SHAPES = {"managed": "box", "data": "ellipse", "module": "component", "group": "diamond"}
FILLS = {"create": "#86efac", "update": "#fde047", "replace": "#fdba74", "delete": "#fca5a5", "unknown": "#d8b4fe"}
"""What a plan does with a resource -> the colour of its node."""
MARKS = {"create": "+", "update": "~", "replace": "-/+", "delete": "-", "unknown": "?"}


def text(drawing: Drawing) -> str:
    """For people: phase by phase, each resource with what it needs."""
    needs: dict[str, list[Edge]] = {}
    for edge in drawing.edges:
        needs.setdefault(edge.source, []).append(edge)
    rows: list[str] = []
    for phase, nodes in drawing.phases.items():
        rows += ["", f"phase {phase}"] if rows else [f"phase {phase}"]
        for node in nodes:
            mark = f"{MARKS[node.action]} " if node.action in MARKS else ""
            rows.append(f"  {mark}{line(node.label)}")
            rows += [f"    needs {line(e.target)}{_how(e)}" for e in needs.get(node.id, ())]
    return "\n".join(rows) + "\n" if rows else "No resources.\n"


def dot(drawing: Drawing) -> str:
    """Graphviz's language: one band (cluster) a phase."""
    lines = [
        "digraph nivis {",
        "  rankdir = LR;",
        '  node [style = filled, fillcolor = white, fontname = "sans"];',
        '  edge [fontname = "sans", fontsize = 10];',
    ]
    for phase, nodes in drawing.phases.items():
        lines.append(f"  subgraph cluster_{phase} {{")
        lines.append(f'    label = "phase {phase}"; style = filled; color = "{band(phase)}";')
        lines += [f"    {_quoted(n.id)} [{_dot_node(n)}];" for n in nodes]
        lines.append("  }")
    lines += [f"  {_quoted(e.target)} -> {_quoted(e.source)}{_dot_edge(e)};" for e in drawing.edges]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(drawing: Drawing) -> str:
    """A Mermaid flowchart, as many forges render it inside Markdown."""
    short = {n.id: f"n{k}" for k, n in enumerate(drawing.nodes)}
    lines = ["flowchart LR"]
    for phase, nodes in drawing.phases.items():
        lines.append(f'  subgraph phase{phase}["phase {phase}"]')
        lines += [f'    {short[n.id]}["{_entities(n.label)}"]' for n in nodes]
        lines.append("  end")
        lines.append(f"  style phase{phase} fill:{band(phase)}")
    lines += [f"  style {short[n.id]} fill:{FILLS[n.action]}" for n in drawing.nodes if n.action in FILLS]
    arrows = {"ref": "-->", "derived": "==>", "order": "-.->"}
    for e in drawing.edges:
        told = label(e)
        shown = f'|"{_entities(told)}"|' if told else ""
        lines.append(f"  {short[e.target]} {arrows[e.via]}{shown} {short[e.source]}")
    return "\n".join(lines) + "\n"


TEXT: Mapping[str, Callable[[Drawing], str]] = {"text": text, "dot": dot, "mermaid": mermaid}


def label(edge: Edge) -> str:
    """`id, arn`, and whether Nix computes with them."""
    names = ", ".join(edge.attributes)
    if edge.via == "derived":
        return f"{names} (Nix)" if names else "Nix"
    return names


def band(phase: int) -> str:
    return BANDS[(phase - 1) % len(BANDS)]


def _how(edge: Edge) -> str:
    told = label(edge) or ("order only" if edge.via == "order" else "")
    return f": {line(told)}" if told else ""


def _dot_node(node: Node) -> str:
    parts = [f"shape = {SHAPES[node.kind]}"]
    parts += [f"label = {_quoted(node.label)}"] if node.count > 1 else []
    parts += [f'fillcolor = "{FILLS[node.action]}"'] if node.action in FILLS else []
    return ", ".join(parts)


def _dot_edge(edge: Edge) -> str:
    style = {"ref": "", "derived": "style = bold", "order": "style = dashed"}[edge.via]
    parts = [*([style] if style else []), *([f"label = {_quoted(label(edge))}"] if label(edge) else [])]
    return f" [{', '.join(parts)}]" if parts else ""


def _quoted(text: str) -> str:
    return '"' + line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(text: str) -> str:
    return line(text).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
