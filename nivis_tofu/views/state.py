"""What is in the state: ids, attributes, outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.masks import SENSITIVE, hide
from nivis_tofu.core.visible import block, line
from nivis_tofu.views.page import Page, Text, lines, report
from nivis_tofu.views.values import plain

if TYPE_CHECKING:
    from nivis_tofu.core.masks import Pattern
    from nivis_tofu.tofu.raw_state import RawOutput

NONE = "No resources in state."
Attributes: TypeAlias = "tuple[Mapping[str, Any], tuple[Pattern, ...]]"
"""Values by name, and the paths of those that are secret."""


def ids(found: Sequence[str]) -> Page:
    return report({"resources": found}, lines(*(map(line, found) if found else [NONE])))


def attributes(of: Attributes, *, secrets: bool) -> Page:
    """Of one resource. `secrets`: show them."""
    values = _shown(of, secrets=secrets)
    return report({"attributes": values}, lines(*_rows(values)))


def output(name: str, value: Any, *, raw: bool) -> Page:
    """One output, secret or not, since it was asked for by name. `raw`: without a newline."""
    if raw:
        bare = _raw(name, value)
        return Page(lambda: json_text.dumps(value), lambda _: bare)
    return Page(lambda: json_text.dumps(value), lines(block(plain(value))))


def outputs(found: Mapping[str, RawOutput], *, secrets: bool) -> Page:
    """All of them; the document is the engine's, with secrets."""
    every = {n: {"value": o.value, "type": o.type, "sensitive": o.sensitive} for n, o in found.items()}
    values = _outputs(found, secrets=secrets)
    rows = [f"{line(n)} = {block(plain(values[n]))}" for n in sorted(values)] or ["No outputs declared."]
    return Page(lambda: json_text.dumps(every, indent=2), lines(*rows))


def whole(resources: Mapping[str, Attributes], found: Mapping[str, RawOutput], *, secrets: bool) -> Text:
    """A block for each resource, and one of the outputs."""
    blocks = [_block(id_, _shown(of, secrets=secrets)) for id_, of in resources.items()]
    blocks += [_block("Outputs", _outputs(found, secrets=secrets))] if found else []
    return lines("\n\n".join(blocks) or NONE)


def engine(found: Mapping[str, Any], text: Text) -> Page:
    """`found`: the engine's own document of a state."""
    return Page(lambda: json_text.dumps(found, indent=2), text, reading=True)


def _shown(of: Attributes, *, secrets: bool) -> Mapping[str, Any]:
    values, hidden = of
    return values if secrets else dict(hide(values, hidden))


def _outputs(found: Mapping[str, RawOutput], *, secrets: bool) -> Mapping[str, Any]:
    return {n: SENSITIVE if o.sensitive and not secrets else o.value for n, o in found.items()}


def _rows(values: Mapping[str, Any]) -> list[str]:
    return [f" {line(key)} = {block(plain(values[key]))}" for key in sorted(values)]


def _block(title: str, values: Mapping[str, Any]) -> str:
    return "\n".join([line(title), *_rows(values)])


def _raw(name: str, value: Any) -> str:
    """A value that is a text by itself; anything else cannot be told apart from one when it is printed."""
    if isinstance(value, dict | list) or value is None:
        kind = "null" if value is None else "a list" if isinstance(value, list) else "a map or an object"
        raise NivisError.of(
            "No raw form of this output",
            f"The output `{name}` is {kind}; only strings, numbers and booleans can be printed as they are.",
            f"`nivis output --json {name}` prints it for programs.",
        )
    return plain(value)
