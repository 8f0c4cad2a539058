"""An origin -> text or a JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.masks import SENSITIVE
from nivis_tofu.core.regex import regex
from nivis_tofu.core.visible import block, line
from nivis_tofu.insight.why import How, Origin, Use
from nivis_tofu.views.values import plain

WORDS: dict[How, str] = {
    "written": "written in the configuration",
    "nix": "computed by Nix",
    "reference": "a reference, resolved by the engine",
    "expression": "an expression of the engine",
    "build": "a file built by Nix",
    "provider": "decided by the provider",
    "variable": "a sensitive variable",
}
_STORE = regex(r"/nix/store/[^/]+/")


def text(origin: Origin, depth: int = 0) -> str:
    """One block a value, indented below what it goes into."""
    pad = "   " * depth
    value = f" = {SENSITIVE if origin.sensitive else plain(origin.value)}" if origin.known else ""
    lines = [f"{pad}{line(origin.what)}{block(value)}"]
    if origin.seen:
        return f"{lines[0]}  (see above)"
    if origin.position:
        lines.append(f"{pad}   at {line(place(origin.position))}")
    lines.append(f"{pad}   {_how(origin)}")
    if origin.inputs:
        lines[-1] += ", from:"
    return "\n".join([*lines, *(text(o, depth + 2) for o in origin.inputs)])


def document(origin: Origin) -> dict[str, Any]:
    found: dict[str, Any] = {"what": origin.what, "how": list(origin.how), "phase": origin.phase}
    if origin.position:
        found["position"] = place(origin.position)
    if origin.known:
        found["value"] = SENSITIVE if origin.sensitive else origin.value
    found["sensitive"] = origin.sensitive
    return {**found, "inputs": [document(o) for o in origin.inputs]}


def use(found: Use) -> dict[str, Any]:
    where = {"position": place(found.position)} if found.position else {}
    return {"what": found.what, "refers_to": list(found.refs), **where}


def uses(what: str, found: Sequence[Use]) -> list[str]:
    """A row for each place, with what it refers to and the line of the flake."""
    rows = []
    for one in found:
        where = f"  at {place(one.position)}" if one.position else ""
        rows.append(line(f"{one.what} <- {', '.join(one.refs)}{where}"))
    return rows or [line(f"Nothing uses {what}.")]


def place(position: Position) -> str:
    """The position in the user's file instead of Nix's copy in the store."""
    return str(Position(_STORE.sub("", position.file, count=1), position.line, position.column))


def _how(origin: Origin) -> str:
    how = " and ".join(WORDS[k] for k in origin.how)
    if origin.how == ("provider",):
        return f"{how}, known after phase {origin.phase - 1}"
    return f"{how}, known in phase {origin.phase}"
