"""Results -> the text of stdout. Pure: the same bytes with and without a terminal, colour aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Acted, Applied, Attribute, Line, Preview
from nivis_tofu.core.visible import line as one_line

MARKERS = {
    "create": "+",
    "update": "~",
    "replace": "-/+",
    "delete": "-",
    "noop": "=",
    "read": "r",
    "unknown": "?",
    "move": ">",
    "import": "<",
    "forget": "x",
}
LEGEND = {
    "-/+": "replace",
    "-": "destroy",
    "?": "existence not known yet",
    ">": "moved",
    "<": "imported",
    "x": "forgotten, not destroyed",
}
_COLOURS = {
    "+": "32",
    "~": "33",
    "-/+": "31",
    "-": "31",
    "?": "35",
    "✓": "32",
    "✗": "31",
    ">": "36",
    "<": "36",
    "x": "33",
    "b": "36",
    "error": "1;31",
    "warning": "1;33",
    "hint": "36",
}


@immutable(slots=True)
class Style:
    """Whether markers are coloured; the words stay the same."""

    colour: bool = False

    def marker(self, text: str) -> str:
        code = _COLOURS.get(text)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text


Below = Callable[[Line, Style], list[str]]


@immutable(slots=True)
class Detail:
    """What stands below the line of a resource, and below that of an output."""

    below: Below = lambda *_: []
    values: Callable[[Iterable[Attribute], Style], list[str]] = lambda *_: []
    own_markers: bool = False
    """Outputs that are new or that go have the marker of that; a mere list says `~` of each."""


def plan(
    preview: Preview,
    style: Style = Style(),
    *,
    everything: bool = False,
    detail: Detail = Detail(),
    do: str = "nivis apply",
) -> str:
    """The list of a plan and its summary line; `do`: the command that applies it."""
    if preview.empty and not everything:
        return f"No changes. {preview.total} resource(s) up to date.\n"
    lines = listed(preview, style, everything=everything, detail=detail)
    count = len(preview.changes)
    if preview.empty:
        return "\n".join([*lines, "", f"No changes. {preview.total} resource(s) up to date."]) + "\n"
    if not count:
        summary = f"0 resource(s) to resolve, {len(preview.outputs)} output(s) change. Run `{do}`."
    else:
        summary = f"{count} resource(s) to resolve across phases ({_legend(preview.changes)}). Run `{do}`."
    return "\n".join([*lines, "", summary]) + "\n"


def listed(
    preview: Preview, style: Style = Style(), *, everything: bool = False, detail: Detail = Detail()
) -> list[str]:
    """What a plan lists: resources, then outputs."""
    lines: list[str] = []
    for line in preview.lines:
        if everything or line.action != "noop":
            lines += [row(line, style), *detail.below(line, style)]
    for name, action in preview.outputs:
        mark = MARKERS.get(action, "~") if detail.own_markers else "~"
        lines += [f" {style.marker(mark)} output.{one_line(name)}"]
        lines += detail.values(preview.values.get(name, ()), style)
    return lines


def differences(lines: Iterable[Line], style: Style, below: Below) -> str:
    """What differs between two revisions of a configuration."""
    found = list(lines)
    if not found:
        return "No differences.\n"
    count = {action: sum(1 for x in found if x.action == action) for action in ("create", "update", "delete")}
    text = [row_ for line in found for row_ in (row(line, style), *below(line, style))]
    summary = f"{count['create']} added, {count['update']} changed, {count['delete']} removed."
    return "\n".join([*text, "", summary]) + "\n"


def row(line: Line, style: Style) -> str:
    """What a plan says of one resource, on one line."""
    text = line.id
    if line.waits_for:
        text += f" (waits for {line.waits_for})"
    else:
        text += f" ({line.type})" if line.type else ""
        text += f"  from {line.previous}" if line.previous else ""
        text += f"  {line.note}" if line.note else ""
    return f" {style.marker(MARKERS[line.action])} {one_line(text)}"


def _legend(lines: Iterable[Line]) -> str:
    seen = {MARKERS[line.action] for line in lines}
    extra = [f"{mark} {word}" for mark, word in LEGEND.items() if mark in seen]
    return ", ".join(["+ create", "~ change", *extra])


def applied(result: Applied, style: Style = Style()) -> str:
    """What an apply did."""
    tally = result.tally
    if not tally.acted:
        if result.outputs_changed:
            return "Applied 0 resource(s) across 0 phase(s): outputs changed.\n"
        return f"No changes. {result.total} resource(s) up to date.\n"
    head = f"Applied {tally.counted} resource(s) across {tally.phases} phase(s):"
    return "\n".join([head, *(_acted(a, style) for a in tally.acted.values())]) + "\n"


def applied_file(result: Applied, style: Style = Style()) -> str:
    """What the apply of a saved plan did, and whether the run is complete."""
    text = applied(result, style)
    if result.error is not None:
        return text
    if result.complete:
        return text + "\nThe run is complete.\n"
    return text + "\nLater phases remain: make the next plan with `nivis plan -out FILE` and apply it.\n"


def _acted(acted: Acted, style: Style) -> str:
    text = f" {style.marker('✓')} {one_line(acted.id)}"
    return f"{text}  {acted.word}" if acted.word else text


def destroyed(result: Applied, style: Style = Style()) -> str:
    """What a destroy did, in the order it was done."""
    gone = [a for a in result.tally.acted.values() if "delete" in a.actions]
    if not gone:
        return "Nothing to destroy.\n"
    return (
        "\n".join([f"Destroyed {len(gone)} resource(s):", *(f" {style.marker('-')} {one_line(a.id)}" for a in gone)])
        + "\n"
    )


def recap(result: Applied, verb: Callable[[Applied, Style], str], style: Style = Style()) -> str:
    """What was done before a failure; everything else goes to stderr."""
    return verb(result, style) if result.tally.acted else ""
