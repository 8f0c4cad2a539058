"""Values in the shape that the engine's JSON syntax wants of them, by the provider's schema.

Nested blocks cannot be expressions, their arguments can; an object has to name all of its attributes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nivis_tofu.ir.types import Type, mapped
from nivis_tofu.ir.values import Derived, Value

_LABELLED = frozenset({"provisioner", "dynamic"})


def pushed_down(derived: Derived) -> Value:
    """A derived value that stands for nested blocks, split into derived values for their arguments."""
    match derived.value:
        case list() as items:
            return [pushed_down(Derived(derived.refs, item, derived.sensitive)) for item in items]
        case dict() as fields:
            return {k: Derived(derived.refs, v, derived.sensitive) for k, v in fields.items()}
        case _:
            return derived


def completed(value: Value, kind: Type) -> Value:
    """The value with null for missing attributes of objects; `kind` is a type of the schema.

    In the native syntax such attributes may be written as blocks (`ingress` of a security group), which need not be
    complete; in JSON they are objects, which must.
    """
    match kind, value:
        case _, Derived() if not value.pending:
            return replace(value, value=completed(value.value, kind))  # type: ignore[arg-type]  # it is not pending
        case ["list" | "set", ["object", *_] as inner], dict():
            return [completed(value, inner)]
        case ["object", dict() as fields, *_], dict():
            return {**dict.fromkeys(fields.keys() - value.keys()), **mapped(value, kind, completed)}
        case _:
            return mapped(value, kind, completed)  # type: ignore[no-any-return]  # a value of the same kind


def without_empty_labels(body: dict[str, Any]) -> dict[str, Any]:
    """A body without blocks that lack their label: of these the engine does not take an empty list as none."""
    kept = dict(body)
    for name in _LABELLED & body.keys():
        entries = body[name] if isinstance(body[name], list) else [body[name]]
        if not (full := [entry for entry in entries if entry != {}]):
            del kept[name]
        elif len(full) < len(entries):
            kept[name] = full
    return kept
