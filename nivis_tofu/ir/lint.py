"""What the providers' schemas say of an IR, before anything real is asked: shape and names of arguments.

Pure: IR and a way to look up schemas -> diagnostics, all of them. Types and values are the engine's to judge;
here is only what its own message would explain badly or after the first cloud call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import nearest
from nivis_tofu.ir.conversion import never, type_at
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.schema import AttributeSchema, BlockSchema, Kind, Nested, Spot, below
from nivis_tofu.ir.types import Type, element, type_text
from nivis_tofu.ir.values import Derived, Expr, Ref, Value, references

Lookup = Callable[[str, Kind, str], BlockSchema | None]
"""(provider key, kind, type name; none for the provider itself) -> schema, if it is known."""

# Arguments that the engine itself reads, whatever the schema says.
_RESOURCE_META = frozenset(
    {"connection", "count", "depends_on", "dynamic", "for_each", "lifecycle", "provider", "provisioner"}
)
_PROVIDER_META = frozenset({"alias", "dynamic", "version"})


def check(ir: IR, lookup: Lookup) -> tuple[Diagnostic, ...]:
    """All problems with arguments of providers, resources and data sources, and with references."""
    found: list[Diagnostic] = []
    type_of = partial(_type_of, ir, lookup)
    for key, provider in ir.providers.items():
        schema = lookup(key, "provider", "")
        if schema is not None:
            positions = ir.positions.get(f"provider.{key}", {})
            found += _Place(f"provider.{key}", positions, type_of, ir.single_blocks).body(
                dict(provider.config), schema, _PROVIDER_META
            )
    for resource in ir.resources.values():
        schema = _schema(resource, lookup)
        if schema is not None:
            found += _Place(resource.id, resource.pos, type_of, ir.single_blocks).body(
                dict(resource.config), schema, _RESOURCE_META
            )
    return (*found, *_references(ir, lookup))


@immutable
class _Place:
    """Whose arguments are looked at, and where they stand in the flake."""

    owner: str
    positions: Mapping[str, Position]
    type_of: Callable[[Ref], Type]
    single_blocks: bool

    def body(
        self, body: Mapping[str, Value], schema: BlockSchema, meta: Collection[str] = (), path: str = ""
    ) -> Iterator[Diagnostic]:
        for name, value in body.items():
            here = f"{path}.{name}" if path else name
            if name in schema.attributes:
                yield from self._attribute(name, _settled(value), schema.attributes[name], here)
            elif name in schema.blocks:
                yield from self._block(name, _settled(value), schema, here)
            elif name not in meta:
                known = schema.names
                yield self._problem(
                    here,
                    "Unsupported argument",
                    f"`{self.owner}` has no argument `{here}`.",
                    _similar(name, known),
                )

    def _attribute(self, name: str, value: Any, schema: AttributeSchema, path: str) -> Iterator[Diagnostic]:
        nested = schema.objects
        # In the engine's JSON, one object may stand for several where an attribute can be written as blocks.
        single = self.single_blocks and schema.nested is None
        if nested and _unwrapped(nested, value, single):
            yield self._wrap(name, path, "takes a list of attribute sets")
            return
        yield from self._references(value, type_at(schema), path, whole=nested is None)
        if nested:
            yield from self._elements(value, nested, path)

    def _references(self, value: Any, wanted: Type, path: str, *, whole: bool) -> Iterator[Diagnostic]:
        """References to what can never be converted to the type that is wanted; `whole`: those in objects, too."""
        match value:
            case Ref():
                given = self.type_of(value)
                if never(given, wanted):
                    yield self._mistyped(value, given, wanted, path)
            case list():
                for i, item in enumerate(value):
                    yield from self._references(_settled(item), element(wanted, i), f"{path}[{i}]", whole=whole)
            case dict() if whole:
                for key, item in value.items():
                    yield from self._references(_settled(item), element(wanted, key), f"{path}.{key}", whole=whole)

    def _mistyped(self, ref: Ref, given: Type, wanted: Type, path: str) -> Diagnostic:
        match given, wanted:
            case _, [("list" | "set"), inner] if not never(given, inner):
                hint = "Put it into a list: `[ (… .refAttr …) ]`."
            case [("list" | "tuple"), *_], str():
                steps = " ".join(json_text.dumps(step) for step in ref.path)
                hint = (
                    f'Take one element, as in `refPath [ {steps} 0 ]`, or all as one text: `lib.call "join" [ "," … ]`.'
                )
            case _:
                hint = "Refer to another attribute, or compute what is wanted: `lib.derived`, `lib.call`."
        detail = f"`{path}` of `{self.owner}` takes a {type_text(wanted)}, but `{ref}` is a {type_text(given)}."
        return self._problem(path, "A reference to another type", detail, hint)

    def _block(self, name: str, value: Any, schema: BlockSchema, path: str) -> Iterator[Diagnostic]:
        nested = schema.blocks[name]
        if _unwrapped(nested, value, self.single_blocks):
            yield self._wrap(name, path, "is a nested block, which is written as a list of attribute sets")
        elif isinstance(value, Ref | Expr):
            yield self._problem(
                path,
                "A block is needed",
                f"`{path}` of `{self.owner}` is a nested block, and what there is of it cannot be an expression.",
                "Write the block with references as its arguments, or compute the list of blocks in `lib.derived`.",
            )
        else:
            yield from self._elements(value, nested, path)

    def _elements(self, value: Any, nested: Nested, path: str) -> Iterator[Diagnostic]:
        schema = nested.block
        match value:
            case list():
                for i, item in enumerate(value):
                    if isinstance(_settled(item), dict):
                        yield from self.body(_settled(item), schema, path=f"{path}[{i}]")
            case dict() if nested.nesting == "map":
                for key, item in value.items():
                    if isinstance(_settled(item), dict):
                        yield from self.body(_settled(item), schema, path=f"{path}.{key}")
            case dict():
                yield from self.body(value, schema, path=path)

    def _wrap(self, name: str, path: str, what: str) -> Diagnostic:
        return self._problem(
            path,
            "A list is needed",
            f"`{path}` of `{self.owner}` {what}; it is given as one attribute set.",
            f"Wrap it in a list: `{name} = [ {{ … }} ];`.",
        )

    def _problem(self, path: str, summary: str, detail: str, hint: str) -> Diagnostic:
        return Diagnostic(
            summary,
            detail,
            hint,
            address=self.owner,
            attribute=path,
            position=self.positions.get(re.split(r"[.\[]", path)[0]),
        )


def _unwrapped(nested: Nested, value: Any, single: bool) -> bool:
    """Is that one object where a list is needed? `single`: one may stand for the list of it."""
    return nested.is_repeated and isinstance(value, dict) and not single


def _references(ir: IR, lookup: Lookup) -> Iterator[Diagnostic]:
    """References to attributes that the resource they name can never have."""
    for owner, attribute, value in _values(ir):
        for ref in sorted(set(references(value)), key=str):
            target = ir.resources.get(ref.resource)
            schema = _schema(target, lookup) if target else None
            if schema is None or not ref.path or not isinstance(ref.path[0], str):
                continue
            known = schema.names
            if known and ref.path[0] not in known:
                yield Diagnostic(
                    "No such attribute",
                    f"`{owner}` refers to `{ref}`, but `{ref.resource}` has no attribute `{ref.path[0]}`.",
                    _similar(ref.path[0], known),
                    address=owner,
                    attribute=attribute,
                )


def _values(ir: IR) -> Iterator[tuple[str, str, Value]]:
    """(owner, its attribute where it is one, value)"""
    for resource in ir.resources.values():
        for name, value in resource.config.items():
            yield resource.id, name, value
        meta: list[Value] = [
            dict(resource.meta.other),
            dict(resource.meta.conditions),
            list[Value](resource.given),
            _triggers(resource),
        ]
        yield resource.id, "", meta
    for output in ir.outputs.values():
        yield f"output.{output.name}", "", output.value
    for key, provider in ir.providers.items():
        for name, value in provider.config.items():
            yield f"provider.{key}", name, value
    for group in ir.groups:
        yield group.name, "", list(group.refs)


def _triggers(resource: Resource) -> list[Value]:
    return [trigger for trigger in resource.meta.replace_triggered_by if isinstance(trigger, Ref)]


def _type_of(ir: IR, lookup: Lookup, ref: Ref) -> Type:
    """The type of what a reference leads to, if that is known."""
    target = ir.resources.get(ref.resource)
    spot: Spot = _schema(target, lookup) if target and ref.path else None
    if target and {"count", "for_each"} & target.config.keys():
        return None  # there are several, or none
    for step in ref.path:
        spot = below(spot, step)
    return type_at(spot)


def _schema(resource: Resource, lookup: Lookup) -> BlockSchema | None:
    if resource.mode == "module":
        return None
    return lookup(resource.provider, "data" if resource.mode == "data" else "resource", resource.type)


def _settled(value: Any) -> Any:
    """The value that a derived value came out with."""
    return value.value if isinstance(value, Derived) and not value.pending else value


def _similar(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f"Did you mean `{near}`?" if near else f"There are: {', '.join(sorted(known))}."
