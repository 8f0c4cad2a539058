"""The state of the older nivis, which drove providers itself -> a state of the engine. Pure.

Its file is `{"resources": {"<id>": {"id", "type", "attrs"}}}`: what each resource gave back, by nivis id. What the
engine wants beyond that comes from the IR (addresses, providers, order) and from the providers' schemas (shape).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.ir import graph
from nivis_tofu.ir.engine_name import encode_name, split_id
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import full_source, local_names
from nivis_tofu.ir.schema import AttributeSchema, BlockSchema, Nested
from nivis_tofu.ir.types import Type, mapped, type_of

Objects = Mapping[str, Mapping[str, Any]]
"""nivis id -> attributes."""
Lookup = Callable[[str, str], BlockSchema | None]
"""(provider key, resource type) -> schema."""


def read(text: str) -> Objects | None:
    """The content of a state of the older nivis; None for anything else."""
    if '"lineage"' in text[:2000]:
        return None  # the engine's own, which may be large
    try:
        found = json_text.loads(text)["resources"]
        entries = {str(entry["id"]): dict(entry["attrs"]) for entry in found.values()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return entries if entries.keys() == found.keys() else None


def refuse(name: str, text: str) -> None:
    """Raise NivisError if the text is a state of the older nivis."""
    if objects := read(text):
        raise EngineError.of(
            "This is a state of the older nivis",
            f"{name} holds {len(objects)} resource(s) in a form of its own, which the engine does not read.",
            "`nivis state migrate` takes it over; nothing real changes, and the file is kept as it is "
            f"(`{name}.older`).",
        )


def state(objects: Objects, ir: IR, lookup: Lookup, kind: str) -> str:
    """The text of the engine's state, without data sources, which are read again."""
    names = local_names(ir)
    edges = graph.addresses(ir)
    places: dict[str, tuple[str, str, str]] = {}
    problems = []
    for id_ in objects:
        if id_.startswith("data."):
            continue
        key, type_, name = _parts(id_, ir)
        if key not in ir.providers:
            problems.append((id_, f"its provider `{key}` is not declared", f"Add `providers.{key}` to the flake."))
        elif lookup(key, type_) is None:
            problems.append((id_, f"its provider has no resource type `{type_}`", "Check the provider's version."))
        else:
            places[id_] = key, type_, name
    if problems:
        raise NivisError(
            *(Diagnostic("Cannot take over a resource", f"`{i}`: {why}.", hint, address=i) for i, why, hint in problems)
        )
    addresses = {f"{type_}.{name}" for _, type_, name in places.values()}
    resources = []
    for id_, (key, type_, name) in sorted(places.items()):
        schema = lookup(key, type_)
        assert schema
        above = graph.closure(edges.get(f"{type_}.{name}", ()), edges) & addresses
        source, alias = full_source(ir.providers[key].source, kind), names[key][1]
        instance = {
            "schema_version": schema.version,
            "attributes": shaped(objects[id_], schema),
            "sensitive_attributes": [],
            "dependencies": sorted(above),
        }
        resources.append(
            {
                "mode": "managed",
                "type": type_,
                "name": name,
                "provider": f'provider["{source}"]' + (f".{alias}" if alias else ""),
                "instances": [instance],
            }
        )
    # The same state has the same lineage each time, so that a second try is no other state.
    import uuid  # slow to load, and needed once in the life of a project

    lineage = uuid.uuid5(uuid.NAMESPACE_URL, json_text.dumps(resources))
    head = {"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": str(lineage), "check_results": None}
    return json_text.dumps({**head, "outputs": {}, "resources": resources}, indent=2) + "\n"


def _parts(id_: str, ir: IR) -> tuple[str, str, str]:
    """(provider key, type, engine name) of an id, also of one that the flake no longer has."""
    if resource := ir.resources.get(id_):
        return resource.provider, resource.type, encode_name(resource.tofu_name)
    _, key, type_, name = split_id(id_)
    return key, type_, encode_name(name)


def shaped(values: Mapping[str, Any], schema: BlockSchema) -> dict[str, Any]:
    """Attributes as raw state has them: all of the schema, dynamic values with their type."""
    out = {name: _attribute(values.get(name), attribute) for name, attribute in schema.attributes.items()}
    return out | {name: _nested(values.get(name), nested) for name, nested in schema.blocks.items()}


def _attribute(value: Any, attribute: AttributeSchema) -> Any:
    if attribute.nested:
        return None if value is None else _nested(value, attribute.nested)
    return _typed(value, attribute.type)


def _nested(value: Any, nested: Nested) -> Any:
    if nested.is_repeated:
        value = [value] if isinstance(value, dict) else value or []
    elif value is None and nested.nesting in ("map", "group"):
        value = {}
    return nested.mapped(value, partial(shaped, schema=nested.block))


def _typed(value: Any, kind: Type) -> Any:
    match kind, value:
        case _, None:
            return None
        case "dynamic", _:
            return {"value": value, "type": type_of(value)}
        case ["object", dict() as fields, *_], dict():
            return {key: _typed(value.get(key), inner) for key, inner in fields.items()}
        case _:
            return mapped(value, kind, _typed)
