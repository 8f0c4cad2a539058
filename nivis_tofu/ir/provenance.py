"""Where a value in a configuration comes from, as far as it is not written down there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.outcome import Provenance
from nivis_tofu.ir.model import Resource
from nivis_tofu.ir.values import Build, Call, Derived, Expr, Path, Ref, Value, leaves, references


def at(value: Value, path: Path) -> Provenance | None:
    """The provenance of the value at `path` inside a configured value; None if it is data or missing.

    A path may lead into a leaf: then the whole leaf is the provenance.
    """
    match value:
        case Ref() | Derived() | Expr():
            return of(value)
        case dict() if path and str(path[0]) in value:
            return at(value[str(path[0])], path[1:])
        case list() if path and isinstance(path[0], int) and path[0] < len(value):
            return at(value[path[0]], path[1:])
        case _ if not path:
            return _of_all(value)
        case _:
            return None


def of(leaf: Ref | Derived | Expr | Call) -> Provenance:
    """The provenance of one leaf."""
    match leaf:
        case Call():
            return Provenance("nix", _names(leaf))
        case Ref():
            return Provenance("reference", (str(leaf),))
        case Derived():
            parts = tuple(p if isinstance(p, str) else of(p) for p in leaf.parts)
            return Provenance("nix", _names(leaf), parts)
        case Expr():
            return Provenance("expression", _names(leaf), tuple(_operands(leaf)))


def _operands(expr: Expr) -> Iterator[str | Provenance]:
    """Text of a template and data in it, and the provenance of what lies between."""
    for part in expr.parts:
        if isinstance(part, str):
            yield part.replace("$${", "${").replace("%%{", "%{")
        elif isinstance(part, Derived) and not (part.refs or part.sensitive or part.pending):
            yield from _data(part.value)
        else:
            yield of(part)


def _data(value: Any) -> Iterator[str | Provenance]:
    """JSON text of data, and the provenance of the leaves in it."""
    match value:
        case Expr():
            yield from _operands(value)
        case Ref() | Derived() | Call():
            yield of(value)
        case list():
            yield "["
            for i, item in enumerate(value):
                yield "," if i else ""
                yield from _data(item)
            yield "]"
        case dict():
            yield "{"
            for i, (key, item) in enumerate(value.items()):
                yield f"{',' if i else ''}{json_text.dumps(key)}:"
                yield from _data(item)
            yield "}"
        case Build():
            yield value.path
        case _:
            yield json_text.dumps(value)


def derived_from(resource: Resource) -> tuple[str, ...]:
    """`id.attribute` of everything that Nix needs to know for this resource, each once."""
    refs = [*resource.given, *(ref for derived in resource.derived for ref in (*derived.refs, *derived.stacks))]
    return tuple(dict.fromkeys(map(str, refs)))


def _of_all(value: Value) -> Provenance | None:
    """The provenance of a collection that is unknown as a whole: all that is in it."""
    names = _names(value)
    return Provenance("expression", names) if names else None


def _names(value: Value) -> tuple[str, ...]:
    stacks = (ref for leaf in leaves(value) if isinstance(leaf, Derived) for ref in leaf.stacks)
    return tuple(dict.fromkeys(map(str, (*references(value), *stacks))))
