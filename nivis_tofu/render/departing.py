"""A resource whose object goes before its new values are known: what is left of its configuration meanwhile.

The engine runs destroy-time provisioners only of what is configured, so the block stays, without instances.
"""

from __future__ import annotations

from collections.abc import Iterator

from nivis_tofu.ir.model import Resource
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Call, Derived, Expr, Ref, Value, leaves

_UNKNOWN = Expr(("${each.value}",))
"""Of any type, and never evaluated where there are no instances."""
_OTHERS = frozenset({"count", "for_each", "provisioner"})


def provisioners(resource: Resource) -> list[Value]:
    """Its destroy-time provisioners, except those that wait for values themselves."""
    if resource.mode != "managed":
        return []
    return [entry for source in (resource.config, resource.meta.other) for entry in _entries(source.get("provisioner"))]


def arguments(resource: Resource, schema: BlockSchema | None) -> dict[str, Value]:
    """All its arguments as the engine requires them; anything that is not plain data becomes an unknown value."""
    found: dict[str, Value] = {}
    for name, value in resource.config.items():
        if name == "connection":
            if not _refers(value):
                found[name] = value
        elif name not in _OTHERS and not (schema and name in schema.blocks and isinstance(value, Derived)):
            found[name] = _stubbed(value)
    return found


def _entries(value: Value) -> Iterator[Value]:
    """Each provisioner as `{ type = body; }`, however they are written."""
    for entry in value if isinstance(value, list) else [value]:
        for kind, bodies in entry.items() if isinstance(entry, dict) else ():
            for body in bodies if isinstance(bodies, list) else [bodies]:
                if isinstance(body, dict) and body.get("when") == "destroy" and not _refers(body):
                    yield {kind: body}


def _refers(value: Value) -> bool:
    return any(isinstance(leaf, Ref | Call) or (isinstance(leaf, Derived) and leaf.pending) for leaf in leaves(value))


def _stubbed(value: Value) -> Value:
    match value:
        case Ref() | Derived() | Expr() | Call():
            return _UNKNOWN
        case list():
            return [_stubbed(item) for item in value]
        case dict():
            return {key: _stubbed(item) for key, item in value.items()}
        case _:
            return value
