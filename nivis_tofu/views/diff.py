"""Attribute changes -> text: old -> new, multi-line strings as line diffs, one line for what the provider decides."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Attribute, Hidden, Line
from nivis_tofu.views import human, unknown
from nivis_tofu.views.human import MARKERS, Style
from nivis_tofu.views.values import quoted, visible

_PAD = "     "
_MANY = 20_000
"""Lines beyond which a line diff would take too long."""


@immutable(slots=True)
class Depth:
    """How much of a change is shown: `full` writes out what `diff` only counts or cuts."""

    style: Style
    full: bool = False


def detail(*, full: bool = False) -> human.Detail:
    """The details below the lines of a plan in the styles `diff` and `full`."""
    return human.Detail(
        below=lambda line, style: attributes(line, style, full=full),
        values=lambda attributes, style: values(attributes, style, full=full),
        own_markers=True,
    )


def attributes(line: Line, style: Style, *, full: bool = False) -> list[str]:
    """The details below one line of a plan."""
    found = [f"{_PAD}# {visible(line.reason)}"] if line.reason else []
    found += values(line.attributes, style, full=full, counted=line.action in ("create", "replace"))
    for drifted in line.drift:
        found += _changed(drifted, Depth(style, full), "  # changed outside of nivis")
    if line.unchanged and line.action in ("update", "replace"):
        found.append(f"{_PAD}{style.marker('=')} {_count(line.unchanged, 'unchanged attribute')}")
    return found


def values(attributes: Iterable[Attribute], style: Style, *, full: bool = False, counted: bool = False) -> list[str]:
    """The lines of attributes; `counted`: only count what the provider will decide, unless everything is shown."""
    depth, found = Depth(style, full), list[str]()
    for name, group in groupby(attributes, key=lambda a: a.object):
        if name:
            found.append(f"{_PAD}{visible(name)}:")
        late: dict[int, list[str]] = {}
        for attribute in group:
            if attribute.computed and attribute.known_after and attribute.before is None:
                late.setdefault(attribute.known_after, []).append(path(attribute.path))
            else:
                found += _changed(attribute, depth)
        if counted and not full and late:
            found.append(f"{_PAD}{style.marker('+')} {sum(map(len, late.values()))} more known after apply")
            continue
        for phase, names in sorted(late.items()):
            found.append(f"{_PAD}{style.marker('+')} {', '.join(names)} = (known after phase {phase})")
    return found


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def path(steps: Iterable[str | int]) -> str:
    """`tags.Name`, `rule[0].id`, `ingress[*]`, `tags["a.b"]`."""
    text = ""
    for step in steps:
        if isinstance(step, int) or step == "*":
            text += f"[{step}]"
        elif step.replace("_", "a").replace("-", "a").isalnum():
            text += f".{step}" if text else step
        else:
            text += f"[{json_text.dumps(step)}]"
    return text


def text_of(value: Any, *, full: bool = False) -> str:
    """A value on one line, in a form that readers of Nix and JSON know."""
    match value:
        case Hidden(known_after=phase, provenance=provenance) if phase:
            return unknown.text(provenance, f"known after phase {phase}", full=full)
        case Hidden():
            return value.text
        case str():
            return quoted(value)
        case Mapping():
            kept = {k: v for k, v in value.items() if v not in (None, [], {})}
            inner = ", ".join(f"{_key(k)} = {text_of(v, full=full)}" for k, v in kept.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list():
            return f"[{', '.join(text_of(v, full=full) for v in value)}]"
        case _:
            return json_text.dumps(value)


def plain(value: Any) -> Any:
    """A value as JSON; hidden parts are replaced by their text."""
    match value:
        case Hidden():
            return value.text
        case Mapping():
            return {k: plain(v) for k, v in value.items()}
        case list():
            return [plain(v) for v in value]
        case _:
            return value


def document(attribute: Attribute) -> dict[str, Any]:
    """One change as JSON."""
    return {
        "path": list(attribute.path),
        "object": attribute.object,
        "action": attribute.action,
        "before": plain(attribute.before),
        "after": plain(attribute.after),
        "known_after_phase": attribute.known_after or None,
        "derived_from": list(attribute.provenance.refs) if attribute.provenance else [],
        "sensitive": attribute.sensitive,
        "forces_replacement": attribute.forces,
    }


def _changed(a: Attribute, depth: Depth, tail: str = "") -> Iterator[str]:
    name, style = path(a.path), depth.style
    head = f"{_PAD}{style.marker(MARKERS[a.action])} {f'{name} = ' if name else ''}"
    tail += "  # forces replacement" if a.forces else ""
    old, new = text_of(a.before, full=depth.full), _new(a, depth.full)
    lines = _lines(a)
    if lines is not None:
        yield f"{head.rstrip()}{tail}"
        yield from (f"{_PAD}    {_coloured(x, style)}".rstrip() for x in lines)
    elif a.action == "update":
        yield f"{head}{old} -> {new}{tail}"
    else:
        yield f"{head}{old if a.action == 'delete' else new}{tail}"


def _new(a: Attribute, full: bool) -> str:
    if not a.known_after:
        return text_of(a.after, full=full)
    known = f"known after phase {a.known_after}"
    return unknown.text(
        None if a.sensitive else a.provenance, f"sensitive, {known}" if a.sensitive else known, full=full
    )


def _lines(a: Attribute) -> list[str] | None:
    """Line by line, where there is more than one line; JSON in strings is laid out first."""
    if a.known_after or not any(isinstance(v, str) for v in (a.before, a.after)):
        return None
    if not all(isinstance(v, str | None) for v in (a.before, a.after)):
        return None
    old, new = (_layout(v) for v in (a.before, a.after))
    if max(len(old), len(new)) < 2 or len(old) + len(new) > _MANY:
        return None
    if a.action != "update":
        return [f"{'+' if a.action == 'create' else '-'} {visible(line)}" for line in old or new]
    if old == new:
        return ["(the same JSON, written in another way)"]
    if old[-1:] == new[-1:] == [""]:
        old, new = old[:-1], new[:-1]
    return _compared(old, new)


def _compared(old: list[str], new: list[str]) -> list[str]:
    """A line diff; lines that look alike and are not are quoted, so that the difference is seen."""
    differences = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    gone, come = (_looks(x[1:] for x in differences if x[0] == mark) for mark in "-+")
    alike = {look for look, texts in gone.items() if look in come and come[look] != texts}
    found: list[str] = []
    for line in differences:
        mark, text = line[0], line[1:]
        if line.startswith("@@"):
            found += ["…"] if found else []
        elif mark != " " and _look(text) in alike:
            found.append(f"{mark} {json_text.dumps(text)}")
        else:
            found.append(f"{mark} {visible(text)}")
    return found


def _looks(lines: Iterable[str]) -> dict[str, set[str]]:
    """What lines look like -> the lines."""
    found: dict[str, set[str]] = {}
    for line in lines:
        found.setdefault(_look(line), set()).add(line)
    return found


def _look(line: str) -> str:
    """A line as an eye sees it: without white space at its end, and an é is an é."""
    return unicodedata.normalize("NFC", visible(line.rstrip()))


def _layout(value: str | None) -> list[str]:
    if not value:
        return []
    if value[0] in "[{":
        try:
            return json_text.dumps(json_text.loads(value), indent=2).splitlines()
        except ValueError:
            pass
    lines = value.split("\n")
    return lines if len(lines) > 2 or lines[-1:] != [""] else lines[:1]


def _coloured(line: str, style: Style) -> str:
    mark = line[:1]
    return f"{style.marker(mark)}{line[1:]}" if mark in "+-" and mark else line


def _key(key: str) -> str:
    return key if key.replace("_", "a").replace("-", "a").isalnum() else json_text.dumps(key)
