"""Where a value in a configuration comes from, as far as it is not written down there."""

from __future__ import annotations

from nivis_tofu.core.outcome import Provenance
from nivis_tofu.ir.model import Derived, Expr, Path, Ref, Resource, Value, references


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


def of(leaf: Ref | Derived | Expr) -> Provenance:
    """The provenance of one leaf."""
    match leaf:
        case Ref():
            return Provenance("reference", (str(leaf),))
        case Derived():
            parts = tuple(p if isinstance(p, str) else of(p) for p in leaf.parts)
            return Provenance("nix", _names(leaf), parts)
        case Expr():
            return Provenance("expression", _names(leaf))


def derived_from(resource: Resource) -> tuple[str, ...]:
    """`id.attribute` of everything that Nix needs to know for this resource, each once."""
    refs = [*resource.given, *(ref for derived in resource.derived for ref in derived.refs)]
    return tuple(dict.fromkeys(map(str, refs)))


def _of_all(value: Value) -> Provenance | None:
    """The provenance of a collection that is unknown as a whole: all that is in it."""
    names = _names(value)
    return Provenance("expression", names) if names else None


def _names(value: Value) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, references(value))))
