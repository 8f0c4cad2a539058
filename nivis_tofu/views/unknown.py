"""A value that is not known yet -> text: what is known of it, where it comes from, when it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from nivis_tofu.core.outcome import Provenance
from nivis_tofu.views.summary import some
from nivis_tofu.views.values import quoted, visible

_LENGTH = 30
"""Characters of a known text that are shown where only a part of it is."""
_NAMES = 3


def text(provenance: Provenance | None, known: str, *, full: bool = False) -> str:
    """`"net-" + aws_vpc.v.id (computed in Nix, known after phase 1)`; `known`: `known after phase 1`."""
    if provenance is None:
        return f"({known})"
    if stacks := _stacks(provenance):
        known = f"known after stack {stacks}"
    if provenance.parts and any(isinstance(p, str) for p in provenance.parts):
        by = "in Nix" if provenance.how == "nix" else "by the engine"
        return f"{_made_of(provenance.parts, full)} (computed {by}, {known})"
    match provenance.how:
        case "reference":
            return f"{', '.join(map(visible, provenance.refs))} ({known})"
        case "nix":
            return f"(computed in Nix{_from(provenance, full)}, {known})"
        case "expression":
            return f"(computed by the engine{_from(provenance, full)}, {known})"


def _stacks(provenance: Provenance) -> str:
    """Names of the stacks that a value waits for, where no phase of this one brings it."""
    names = [r.split(".")[1] for r in provenance.refs if r.startswith("stack.")]
    return ", ".join(map(visible, dict.fromkeys(names))) if len(names) == len(provenance.refs) else ""


def _from(provenance: Provenance, full: bool) -> str:
    if not provenance.refs:
        return ""
    names = [*map(visible, provenance.refs)]
    if full or len(names) <= _NAMES:
        return f" from {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}"
    return f" from {some(names, _NAMES)}"


def _made_of(parts: Sequence[str | Provenance], full: bool) -> str:
    """Known texts in quotes and the names of what is between them, joined by `+`."""
    shown = list(_merged(parts))
    if not full:
        # What begins or ends a text and does not print says nothing.
        shown = [p for i, p in enumerate(shown) if i < len(shown) - 1 or not isinstance(p, str) or p.strip()]
    last = len(shown) - 1
    return " + ".join(
        _shown(p, full, first=i == 0, last=i == last) if isinstance(p, str) else _inner(p) for i, p in enumerate(shown)
    )


def _merged(parts: Sequence[str | Provenance]) -> Iterator[str | Provenance]:
    for known, group in groupby(parts, key=lambda p: isinstance(p, str)):
        if known:
            yield "".join(p for p in group if isinstance(p, str))
        else:
            yield from group


def _inner(provenance: Provenance) -> str:
    names = ", ".join(map(visible, provenance.refs)) or "…"
    return names if provenance.how == "reference" else f"({names})"


def _shown(value: str, full: bool, *, first: bool, last: bool) -> str:
    """A known text; in short, what stands next to the unknown: the end of the first, the beginning of the last."""
    if full or len(value) <= _LENGTH:
        return quoted(value)
    if first and not last:
        return quoted("…" + _tail(value))
    if last and not first:
        return quoted(_head(value) + "…")
    return quoted(f"{_head(value[: _LENGTH // 2])}…{_tail(value[-_LENGTH // 2 :])}")


def _tail(value: str) -> str:
    """The end of a text, from the beginning of a word on where there is one."""
    end = value[-_LENGTH:].rsplit("\n", 1)[-1] or value[-_LENGTH:]
    if len(end) < len(value) and " " in end.rstrip() and len(end) == _LENGTH:
        end = end.split(" ", 1)[1]
    return end


def _head(value: str) -> str:
    start = value[:_LENGTH].split("\n", 1)[0] or value[:_LENGTH]
    return start.rsplit(" ", 1)[0] if " " in start and len(start) == _LENGTH else start
