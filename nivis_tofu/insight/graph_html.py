"""A drawing of the graph as one HTML file that needs nothing else: columns in the direction of time, bands a phase.

Data: nodes -> columns (phase, then depth within it) -> places -> SVG; a few lines of script show what belongs to what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.visible import line
from nivis_tofu.insight.graph_picture import Drawing, Edge, Node
from nivis_tofu.insight.graph_text import FILLS, MARKS, band, label

_WIDTH, _HEIGHT, _GAP, _ROW = 260, 34, 110, 52
_TOP = 60
_LONGEST = 34
"""Characters of a name that fit into its box; the whole of it is shown under the pointer."""
_STYLE = """
body { font: 14px system-ui, sans-serif; margin: 0; color: #111; background: #fff; }
header { padding: 12px 20px; } h1 { font-size: 18px; margin: 0 0 4px; } svg { display: block; }
.node rect { stroke: #475569; fill: #fff; } .node text { font: 12px ui-monospace, monospace; }
.edge path { fill: none; stroke: #64748b; stroke-width: 1.2; }
.edge.derived path { stroke-width: 2.4; stroke: #1d4ed8; }
.edge.order path { stroke-dasharray: 4 4; } .edge text { font-size: 10px; fill: #334155; display: none; }
.near .edge text, .edge:hover text { display: inline; }
.some .node, .some .edge { opacity: .15; } .some .on { opacity: 1; } .some .edge.on text { display: inline; }
@media (prefers-color-scheme: dark) { body { background: #0f172a; color: #e2e8f0; } .edge text { fill: #cbd5e1; } }
"""
_SCRIPT = """
const svg = document.querySelector("svg"), all = [...svg.querySelectorAll("[data-of]")];
svg.querySelectorAll(".node").forEach(n => {
  n.addEventListener("mouseenter", () => { svg.classList.add("some");
    all.forEach(e => e.classList.toggle("on", e.dataset.of.split(" ").includes(n.dataset.me))); });
  n.addEventListener("mouseleave", () => { svg.classList.remove("some"); });
});
"""


@immutable(slots=True)
class _Spot:
    node: Node
    number: int
    x: int
    y: int


def page(drawing: Drawing, title: str) -> str:
    """The whole file."""
    places = _places(drawing)
    width = max((p.x for p in places.values()), default=0) + _WIDTH + 40
    height = max((p.y for p in places.values()), default=0) + _HEIGHT + 40
    near = ' class="near"' if len(drawing.edges) <= 25 else ""
    body = [*_bands(places, height), *(_edge(e, places) for e in drawing.edges), *_nodes(drawing, places)]
    shown = escape(line(title))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{shown}</title>'
        f"<style>{_STYLE}</style></head>\n<body><header><h1>{shown}</h1>{_legend(drawing)}</header>\n"
        f'<svg{near} width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">\n'
        + "\n".join(body)
        + f"\n</svg><script>{_SCRIPT}</script></body></html>\n"
    )


def _places(drawing: Drawing) -> Mapping[str, _Spot]:
    """A column for each depth within a phase; in it those with close neighbours are close."""
    columns = _columns(drawing)
    needs: dict[str, list[str]] = {}
    for e in drawing.edges:
        needs.setdefault(e.source, []).append(e.target)
    found: dict[str, _Spot] = {}
    for x, key in enumerate(sorted(columns)):

        def height(node: Node) -> tuple[float, str]:
            above = [found[t].y for t in needs.get(node.id, ()) if t in found]
            return (sum(above) / len(above) if above else 0.0, node.id)

        for y, node in enumerate(sorted(columns[key], key=height)):
            # Every other column is half a row lower, so that an edge past it does not run behind its nodes.
            top = _TOP + y * _ROW + x % 2 * _ROW // 2
            found[node.id] = _Spot(node, len(found), 20 + x * (_WIDTH + _GAP), top)
    return found


def _columns(drawing: Drawing) -> dict[tuple[int, int], list[Node]]:
    """(phase, depth) -> nodes; depth counts needs within one phase. A module may need itself: as far as it goes."""
    phase = {n.id: n.phase for n in drawing.nodes}
    inside = [e for e in drawing.edges if phase[e.source] == phase[e.target]]
    depth = dict.fromkeys(phase, 0)
    for _ in range(min(len(phase), 200)):
        before = dict(depth)
        for e in inside:
            depth[e.source] = max(depth[e.source], depth[e.target] + 1) if e.source != e.target else depth[e.source]
        if before == depth:
            break
    found: dict[tuple[int, int], list[Node]] = {}
    for n in drawing.nodes:
        found.setdefault((n.phase, min(depth[n.id], 200)), []).append(n)
    return found


def _bands(places: Mapping[str, _Spot], height: int) -> Iterable[str]:
    left: dict[int, list[int]] = {}
    for p in places.values():
        left.setdefault(p.node.phase, []).append(p.x)
    for phase, xs in sorted(left.items()):
        x, wide = min(xs) - 15, max(xs) - min(xs) + _WIDTH + 30
        yield f'<rect x="{x}" y="8" width="{wide}" height="{height - 16}" rx="8" fill="{band(phase)}"/>'
        yield f'<text x="{x + 12}" y="34" fill="#111" font-weight="bold">phase {phase}</text>'


def _nodes(drawing: Drawing, places: Mapping[str, _Spot]) -> Iterable[str]:
    near: dict[str, set[int]] = {n.id: {places[n.id].number} for n in drawing.nodes}
    for e in drawing.edges:
        near[e.source].add(places[e.target].number)
        near[e.target].add(places[e.source].number)
    for p in places.values():
        name = line(p.node.label)
        short = name if len(name) <= _LONGEST else f"…{name[-_LONGEST + 1 :]}"
        fill = f' style="fill:{FILLS[p.node.action]}"' if p.node.action in FILLS else ""
        mark = f"{MARKS[p.node.action]} " if p.node.action in MARKS else ""
        of = " ".join(map(str, sorted(near[p.node.id])))
        yield (
            f'<g class="node" data-me="{p.number}" data-of="{of}"><title>{escape(mark + name)}</title>'
            f'<rect x="{p.x}" y="{p.y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"{fill}/>'
            f'<text x="{p.x + 8}" y="{p.y + 21}">{escape(mark + short)}</text></g>'
        )


def _edge(e: Edge, places: Mapping[str, _Spot]) -> str:
    start, end = places[e.target], places[e.source]
    x1, y1, x2, y2 = start.x + _WIDTH, start.y + _HEIGHT // 2, end.x, end.y + _HEIGHT // 2
    bend = max(40, (x2 - x1) // 2)
    told = escape(line(label(e)))
    return (
        f'<g class="edge {e.via}" data-of="{start.number} {end.number}"><title>{told}</title>'
        f'<path d="M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"/>'
        f'<text x="{(x1 + x2) // 2}" y="{(y1 + y2) // 2 - 4}" text-anchor="middle">{told}</text></g>'
    )


def _legend(drawing: Drawing) -> str:
    words = {"create": "create", "update": "change", "replace": "replace", "delete": "destroy", "unknown": "not known"}
    there = {n.action for n in drawing.nodes}
    parts = [
        f'<span style="background:{FILLS[a]};color:#111;padding:1px 6px;margin-right:6px">{MARKS[a]} {word}</span>'
        for a, word in words.items()
        if a in there
    ]
    return f"Bold: Nix computes in between, which costs a phase. {''.join(parts)}"
