"""What a person reads before the answer: what goes and why, what else changes, and the question itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.views import human
from nivis_tofu.views.human import Style

_LISTED = 20
"""So many lines of what else changes; what goes is always listed whole."""
_WORDS = {
    "delete": "destroy",
    "replace": "replace",
    "create": "add",
    "update": "change",
    "import": "import",
    "move": "move",
    "forget": "forget",
}
_GOING = ("delete", "replace")


@immutable(slots=True)
class Question:
    rows: tuple[str, ...]
    text: str


def of(preview: Preview, where: str, style: Style, *, every: bool) -> Question:
    """`every`: all changes are asked about, not only what goes; then all of them are listed."""
    going = [x for x in preview.lines if x.action in _GOING]
    rest = human.listed(replace(preview, lines=tuple(x for x in preview.lines if x.action not in _GOING)), style)
    more = len(rest) - _LISTED
    if more > 0 and not every:
        rest = [*rest[:_LISTED], f"   … and {more} more that change: `nivis plan` lists them"]
    rows = [*rest, *(row for x in going for row in human.listed(Preview((_told(x),)), style))]
    asked = preview if every else replace(preview, lines=tuple(going), outputs=())
    return Question(tuple(rows), f"{work(asked)} in {where}?")


def entire(preview: Preview, where: str, name: str, style: Style) -> Question:
    """Everything goes: the answer is a name that nobody types by accident."""
    found = of(preview, where, style, every=False)
    text = found.text.replace("Destroy ", "Destroy all ", 1)
    return replace(found, text=f"{text} Type `{name}` to go on: ")


def work(preview: Preview) -> str:
    """`Destroy 12 and replace 3 resources`."""
    count = {word: sum(1 for x in preview.lines if x.action == action) for action, word in _WORDS.items()}
    parts = [f"{word} {n}" for word, n in count.items() if n]
    total = sum(count.values())
    text = f"{_joined(parts)} resource{'s' if total > 1 else ''}" if parts else ""
    if outputs := len(preview.outputs):
        also = f"{outputs} output{'s' if outputs > 1 else ''}"
        text = f"{text} and change {also}" if text else f"change {also}"
    return f"{text[:1].upper()}{text[1:]}" if text else "Apply these changes"


def _told(line: Line) -> Line:
    """With why it goes, where that is known."""
    return replace(line, note=f"{line.note}  # {line.reason}".strip()) if line.reason else line


def _joined(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def drift(names: Iterable[str], style: Style) -> tuple[str, ...]:
    """The lines of what drifted, shown before it is written to the state."""
    return tuple(human.listed(Preview(tuple(Line("update", name) for name in names)), style))
