"""A trace as a picture: a row for each span, what it is a part of above it, and when it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from tests.support.collector import TakenSpan

_FONT = "system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif"
_INK, _GREY, _LINE = "#1f2937", "#6b7280", "#e5e7eb"
LOOKS = {
    "run": ("#4f46e5", "the run and its phases"),
    "nix": ("#7dd3fc", "Nix"),
    "engine": ("#fbbf24", "OpenTofu, as nivis sees it"),
    "inner": ("#fde68a", "OpenTofu's own spans"),
    "resource": ("#4ade80", "resources"),
}
"""Kind of a span -> its colour, and what the legend says."""
_ROW, _TOP, _LABELS, _TIME, _EDGE = 22, 64, 360, 620, 20
_SECOND = 10**9
_SHORTEST = 0.01
"""Spans of OpenTofu that took a smaller part of the whole are left out."""


def waterfall(spans: Sequence[TakenSpan]) -> str:
    """The SVG of a trace, whose first span has no parent among the others."""
    by_id = {span.id for span in spans}
    (root,) = (span for span in spans if span.above not in by_id)
    rows = list(_rows(root, spans, root.end - root.start, 0))
    scale = _TIME / (root.end - root.start)
    height = _TOP + len(rows) * _ROW + 60
    parts = [*_axis(root, scale, height), *_legend(height)]
    for number, (depth, span) in enumerate(rows):
        y = _TOP + number * _ROW
        x = _LABELS + (span.start - root.start) * scale
        width = max((span.end - span.start) * scale, 2)
        parts.append(_text(_EDGE + depth * 16, y + 15, span.name, bold=_kind(span) == "run"))
        parts.append(
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}" rx="3" '
            f'fill="{LOOKS[_kind(span)][0]}"/>'
        )
        told = _seconds(span.end - span.start)
        right = x + width + 70 < _LABELS + _TIME + 60
        at = x + width + 6 if right else x - 6
        parts.append(_text(at, y + 15, told, colour=_GREY, size=12, end=not right))
    width = _LABELS + _TIME + 80
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{_FONT}" role="img">\n<rect width="100%" height="100%" rx="10" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _rows(span: TakenSpan, spans: Sequence[TakenSpan], whole: int, depth: int) -> Iterator[tuple[int, TakenSpan]]:
    if _kind(span) == "inner" and span.end - span.start < whole * _SHORTEST:
        return
    yield depth, span
    for child in sorted((s for s in spans if s.above == span.id), key=lambda s: (s.start, -s.end)):
        yield from _rows(child, spans, whole, depth + 1)


def _kind(span: TakenSpan) -> str:
    if span.service != "nivis":
        return "inner"
    if "nivis.resource.id" in span.attributes:
        return "resource"
    program = str(span.attributes.get("process.executable.name", ""))
    if not program:
        return "run"
    return "nix" if program.startswith("nix") else "engine"


def _axis(root: TakenSpan, scale: float, height: int) -> Iterator[str]:
    whole = (root.end - root.start) / _SECOND
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 600, 3600) if whole / s <= 12)
    for number in range(int(whole / step) + 1):
        x = _LABELS + number * step * _SECOND * scale
        yield f'<path d="M{x:.1f} {_TOP - 8}V{height - 50}" stroke="{_LINE}"/>'
        yield _text(x, _TOP - 16, f"{number * step:g} s", colour=_GREY, size=12)


def _legend(height: int) -> Iterator[str]:
    x = _EDGE
    for colour, word in LOOKS.values():
        yield f'<rect x="{x}" y="{height - 32}" width="14" height="14" rx="3" fill="{colour}"/>'
        yield _text(x + 20, height - 20, word, colour=_GREY, size=13)
        x += 44 + 7 * len(word)


def _seconds(length: int) -> str:
    return f"{length / _SECOND:.1f} s" if length >= _SECOND else f"{max(round(length / 10**6), 1)} ms"


def _text(
    x: float, y: float, text: str, *, colour: str = _INK, size: int = 14, bold: bool = False, end: bool = False
) -> str:
    more = (' font-weight="600"' if bold else "") + (' text-anchor="end"' if end else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{more}>{escape(text)}</text>'
