"""The still pictures of the documentation: boxes, arrows and words as SVG, on a ground of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

_FONT = "system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace"
_INK, _GREY, _NIX = "#1f2937", "#6b7280", "#4f46e5"
LOOKS = {
    "created": ("#dcfce7", "#16a34a", ""),
    "updated": ("#fef9c3", "#ca8a04", ""),
    "replaced": ("#ffedd5", "#ea580c", ""),
    "held": ("#ffffff", "#9ca3af", "6 4"),
    "frozen": ("#e0f2fe", "#0284c7", "6 4"),
    "there": ("#f3f4f6", "#9ca3af", ""),
}
"""What happens to a resource -> fill, line, dashes."""
_BOX_WIDTH, _BOX_HEIGHT, _GAP = 190, 58, 46


@dataclass(frozen=True, slots=True)
class Box:
    """A resource in one phase: its name, what happens to it, and a word about it."""

    name: str
    look: str
    word: str = ""


def phases() -> dict[str, str]:
    """`held` and `frozen`: the same three resources, phase by phase."""
    names = ("network", "subnet", "hosts")
    held = [
        [Box("network", "created", "+ created"), Box("subnet", "held", "held"), Box("hosts", "held", "held")],
        [Box("network", "there"), Box("subnet", "created", "+ created"), Box("hosts", "held", "held")],
        [Box("network", "there"), Box("subnet", "there"), Box("hosts", "created", "+ created")],
    ]
    frozen = [
        [
            Box("network", "replaced", "-/+ replaced"),
            Box("subnet", "frozen", "frozen"),
            Box("hosts", "frozen", "frozen"),
        ],
        [Box("network", "there"), Box("subnet", "updated", "~ updated"), Box("hosts", "frozen", "frozen")],
        [Box("network", "there"), Box("subnet", "there"), Box("hosts", "updated", "~ updated")],
    ]
    assert all([box.name for box in row] == list(names) for row in (*held, *frozen))
    return {"held": _panels(held), "frozen": _panels(frozen)}


def _panels(rows: Iterable[list[Box]]) -> str:
    parts, x = [], 16
    for number, boxes in enumerate(rows, 1):
        parts.append(_panel(x, 16, f"phase {number}", _column(x + 20, 62, boxes), len(boxes)))
        x += _BOX_WIDTH + 56
    return _svg(x, 16 + 62 + 3 * (_BOX_HEIGHT + _GAP) - 10, parts)


def _column(x: int, y: int, boxes: list[Box]) -> str:
    parts = []
    for number, box in enumerate(boxes):
        top = y + number * (_BOX_HEIGHT + _GAP)
        parts.append(_box(x, top, box))
        if number + 1 < len(boxes):
            middle, end = x + _BOX_WIDTH // 2, top + _BOX_HEIGHT + _GAP
            waits = boxes[number + 1].look in ("held", "frozen")
            parts.append(_arrow(middle, top + _BOX_HEIGHT, middle, end, dashed=waits))
            parts.append(_lambda(middle, top + _BOX_HEIGHT + _GAP // 2))
    return "".join(parts)


def stale() -> str:
    """What exists, what the plan says of it, and what follows for the label."""
    parts = [
        _panel(16, 16, "in the state", "", 0, width=330, height=214),
        _box(36, 62, Box("network", "there")),
        _code(36, 146, "id = e5afad04-86d5-…"),
        _lambda(50, 172),
        _text(72, 177, "Nix", size=14, colour=_NIX),
        _code(36, 206, 'label = "net-e5afad04"'),
        _panel(396, 16, "the plan of this phase", "", 0, width=330, height=214),
        _box(416, 62, Box("network", "replaced", "-/+ will be replaced")),
        _code(416, 146, "id = (known after apply)"),
        _lambda(430, 172),
        _text(452, 177, "not asked", size=14, colour=_GREY),
        _code(416, 206, 'label = "net-e5afad04"', _GREY),
        '<path d="M414 201h192" stroke="#dc2626" stroke-width="2"/>',
        _text(640, 206, "stale", size=14, colour="#dc2626"),
        _arrow(348, 122, 392, 122),
    ]
    return _svg(742, 246, parts)


def graph(document: Mapping[str, Any]) -> str:
    """What `nivis graph --json` says: a column for each phase, an arrow from what is used to what uses it."""
    columns: dict[int, list[str]] = defaultdict(list)
    for node in document["nodes"]:
        columns[node["phase"]].append(node["id"])
    places, parts, x = {}, [], 16
    deepest = max(map(len, columns.values()))
    height = 62 + deepest * (_BOX_HEIGHT + _GAP) + 26
    for phase in sorted(columns):
        parts.append(_panel(x, 16, f"phase {phase}", "", 0, height=height))
        for row, id_ in enumerate(columns[phase]):
            places[id_] = (x + 20, 70 + row * (_BOX_HEIGHT + _GAP))
        x += _BOX_WIDTH + 96
    lower = {(e["target"], e["source"]) for e in document["edges"] if _apart(places, e) > _BOX_WIDTH + 96}
    for edge in document["edges"]:
        (ax, ay), (bx, by) = places[edge["target"]], places[edge["source"]]
        nix = edge["via"] in ("derived", "group")
        if (edge["target"], edge["source"]) in lower:
            y, half = ay + _BOX_HEIGHT + 22, _BOX_WIDTH // 2
            line = f"M{ax + half} {ay + _BOX_HEIGHT}V{y}H{bx + half}V{by + _BOX_HEIGHT + 6}"
            parts.append(
                f'<path d="{line}" fill="none" stroke="{_NIX if nix else _INK}" stroke-width="2" marker-end="url(#a)"/>'
            )
            parts.append(_lambda((ax + bx) // 2 + half, y) if nix else "")
        else:
            middle = ay + _BOX_HEIGHT // 2
            parts.append(_arrow(ax + _BOX_WIDTH, middle, bx, by + _BOX_HEIGHT // 2))
            parts.append(_lambda((ax + _BOX_WIDTH + bx) // 2, middle) if nix else "")
    parts += [_box(x, y, Box(id_.split(".")[-1], "created", id_.split(".")[-2])) for id_, (x, y) in places.items()]
    return _svg(x - 40, height + 32, parts)


def _apart(places: Mapping[str, tuple[int, int]], edge: Mapping[str, str]) -> int:
    return abs(places[edge["source"]][0] - places[edge["target"]][0])


def _panel(x: int, y: int, title: str, inside: str, boxes: int, *, width: int = 0, height: int = 0) -> str:
    width = width or _BOX_WIDTH + 40
    height = height or 46 + boxes * (_BOX_HEIGHT + _GAP) - _GAP + 20
    ground = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="#f9fafb" stroke="#e5e7eb"/>'
    return f"{ground}{_text(x + 20, y + 28, title, colour=_GREY, bold=True)}{inside}"


def _box(x: int, y: int, box: Box) -> str:
    fill, line, dashes = LOOKS[box.look]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    frame = (
        f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="8" fill="{fill}" stroke="{line}" '
        f'stroke-width="2"{dashed}/>'
    )
    middle = x + _BOX_WIDTH // 2
    if not box.word:
        return frame + _text(middle, y + 35, box.name, centred=True, bold=True)
    name = _text(middle, y + 25, box.name, centred=True, bold=True)
    return frame + name + _text(middle, y + 45, box.word, centred=True, size=14, colour=line)


def _arrow(x: int, y: int, to_x: int, to_y: int, *, dashed: bool = False) -> str:
    far = (to_x - 6, to_y) if y == to_y else (to_x, to_y - 6)
    dashes = ' stroke-dasharray="6 4"' if dashed else ""
    return f'<path d="M{x} {y}L{far[0]} {far[1]}" stroke="{_NIX}" stroke-width="2"{dashes} marker-end="url(#a)"/>'


def _lambda(x: int, y: int) -> str:
    return (
        f'<circle cx="{x}" cy="{y}" r="11" fill="#eef2ff" stroke="{_NIX}"/>'
        f"{_text(x, y + 5, 'λ', centred=True, size=14, colour=_NIX, bold=True)}"
    )


def _text(
    x: int,
    y: int,
    text: str,
    *,
    centred: bool = False,
    size: int = 16,
    colour: str = _INK,
    bold: bool = False,
    mono: bool = False,
) -> str:
    anchor = ' text-anchor="middle"' if centred else ""
    weight = ' font-weight="600"' if bold else ""
    font = f' font-family="{_MONO}"' if mono else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{anchor}{weight}{font}>{escape(text)}</text>'


def _code(x: int, y: int, text: str, colour: str = _INK) -> str:
    return _text(x, y, text, size=14, mono=True, colour=colour)


def _svg(width: int, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{_FONT}" role="img">\n'
        f'<defs><marker id="a" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{_NIX}"/></marker></defs>\n'
        f'<rect width="100%" height="100%" rx="10" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
