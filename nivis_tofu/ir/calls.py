"""Derived values as calls: the engine asks for each when it knows the inputs, so that none of them needs a phase. Pure.

Data: an IR with derived values -> the same IR with calls in their places, and why some values have to wait even so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from typing import Any, Final

from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.ir.model import IR, Meta, Output, Resource
from nivis_tofu.ir.schema import AttributeSchema, BlockSchema
from nivis_tofu.ir.types import element
from nivis_tofu.ir.values import Build, Call, Derived, Expr, Path, Ref, Value, format_path, leaves

FUNCTION_SOURCE: Final = "nivis.invalid/nivis/nivis"
"""Source address of the provider whose function is called; no registry will ever have it."""
FUNCTION_NAMES: Final = ("nivis", "nivis_values")
"""Local names of that provider: the first that the configuration does not use."""
_WHOLE = frozenset({"count", "for_each", "provisioner", "connection", "dynamic"})
"""Arguments that the engine has to know, or does not take functions in."""


@immutable
class Called:
    """An IR with calls, and for each id the reason why one of its values is not a call."""

    ir: IR
    reasons: Mapping[str, str]


def called(
    ir: IR, schema: Callable[[Resource], BlockSchema | None], phased: Collection[str] = (), exact: Collection[str] = ()
) -> Called:
    """Write derived values as calls. `phased`: leaves known to need a phase; `exact`: ids whose values all do."""
    writer = _Writer(ir, frozenset(phased))
    resources = {}
    for resource in ir.resources.values():
        if resource.id in exact:
            writer.stay(resource.id, dict(resource.config), "its values are to be known before it is planned")
            resources[resource.id] = resource
        else:
            resources[resource.id] = writer.resource(resource, schema(resource))
    outputs = {name: writer.output(output) for name, output in ir.outputs.items()}
    extra = {kind: writer.block_of(kind, body) for kind, body in ir.extra.items()}
    return Called(replace(ir, resources=resources, outputs=outputs, extra=extra), writer.reasons)


def attribute(leaf: str) -> str:
    """The name that a leaf has among values with the same inputs: one that the engine can write after a dot."""
    return f"v{hashlib.sha256(leaf.encode()).hexdigest()[:16]}"


def shared(ir: IR) -> frozenset[tuple[Ref, ...]]:
    """Inputs that several values have in common: the engine asks for those values in one call."""
    count = Counter(call.refs for call in calls(ir).values() if not own_input(call))
    return frozenset(refs for refs, times in count.items() if times > 1)


def own_input(call: Call) -> bool:
    """Is a value computed from the resource that it belongs to (in a condition)? None other may wait for that."""
    return any(ref.resource == call.place[1] for ref in call.refs)


def calls(ir: IR) -> dict[str, Call]:
    """Every call of an IR by its leaf."""
    found: list[Value] = [output.value for output in ir.outputs.values()]
    found += [list(resource.leaves) for resource in ir.resources.values()]
    found.append(dict(ir.extra))
    return {leaf.leaf: leaf for leaf in leaves(found) if isinstance(leaf, Call)}


def inputs(value: Value) -> tuple[Ref, ...]:
    """Every reference that a derived value is computed from, each once."""
    found: dict[Ref, None] = {}
    for leaf in leaves(value):
        refs = leaf.refs if isinstance(leaf, Derived | Call) else (leaf,) if isinstance(leaf, Ref) else ()
        found |= dict.fromkeys(Ref(r.resource, r.path) for r in refs)
    return tuple(found)


@mutable
class _Writer:
    ir: IR
    phased: frozenset[str]
    reasons: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def resource(self, resource: Resource, schema: BlockSchema | None) -> Resource:
        place: Path = ("resource", resource.id, "config")
        if resource.mode == "module":
            config = {k: self.value(v, (*place, k), resource.id) for k, v in resource.config.items()}
        else:
            config = self.body(resource.config, place, resource.id, schema, top=True)
        return replace(resource, config=config, meta=self.meta(resource))

    def meta(self, resource: Resource) -> Meta:
        place: Path = ("resource", resource.id, "meta")
        other = {
            k: self.inside(v, (*place, k), resource.id) if k not in _WHOLE else self.stay(resource.id, v, _known(k))
            for k, v in resource.meta.other.items()
        }
        conditions = {
            k: self.inside(v, (*place, "lifecycle", k), resource.id) for k, v in resource.meta.conditions.items()
        }
        return replace(resource.meta, other=other, conditions=conditions)

    def output(self, output: Output) -> Output:
        return replace(output, value=self.value(output.value, ("output", output.name), f"output.{output.name}"))

    def block_of(self, kind: str, body: Value) -> Value:
        if kind in ("locals", "check") and isinstance(body, dict):
            return self.inside(body, ("extra", kind), f"extra.{kind}")
        return self.stay(f"extra.{kind}", body, f"`{kind}` blocks are read before anything is planned")

    def body(
        self, body: Mapping[str, Value], place: Path, owner: str, schema: BlockSchema | None, *, top: bool = False
    ) -> dict[str, Value]:
        """Arguments of a block."""
        return {k: self.argument(k, v, (*place, k), owner, schema, top) for k, v in body.items()}

    def argument(
        self, name: str, value: Value, place: Path, owner: str, schema: BlockSchema | None, top: bool
    ) -> Value:
        if top and name in _WHOLE:
            return self.stay(owner, value, _known(name))
        if schema is None:
            return self.stay(owner, value, "its provider's schema is not known yet")
        if name in schema.blocks:
            return self.blocks(value, place, owner, schema.blocks[name].block, name)
        attribute = schema.attributes.get(name, AttributeSchema({}))
        if _dropped(attribute):
            return self.stay(owner, value, f"the engine leaves a `{name}` that it does not know out of its plan")
        return self.value(value, place, owner, attribute.type)

    def blocks(self, value: Value, place: Path, owner: str, inner: BlockSchema, name: str) -> Value:
        match value:
            case list():
                return [self.blocks(item, (*place, i), owner, inner, name) for i, item in enumerate(value)]
            case dict():
                return self.body(value, place, owner, inner)
            case _:
                return self.stay(owner, value, f"it decides which `{name}` blocks there are")

    def inside(self, value: Value, place: Path, owner: str) -> Value:
        """Parts of a block that has no schema; the block itself is none."""
        match value:
            case list():
                return [self.inside(item, (*place, i), owner) for i, item in enumerate(value)]
            case dict():
                return {key: self.value(item, (*place, key), owner) for key, item in value.items()}
            case _:
                return self.stay(owner, value, "it decides which blocks there are")

    def value(self, value: Value, place: Path, owner: str, kind: Any = None) -> Value:
        """`kind`: the type from the schema, if known."""
        match value:
            case list():
                return [self.value(item, (*place, i), owner, element(kind, i)) for i, item in enumerate(value)]
            case dict():
                return {key: self.value(item, (*place, key), owner, element(kind, key)) for key, item in value.items()}
            case Derived():
                return self.derived(value, place, owner, kind)
            case Expr():
                return Expr(tuple(self.part(part, (*place, i), owner) for i, part in enumerate(value.parts)))
            case _:
                return value

    def part(self, part: str | Ref | Derived | Call, place: Path, owner: str) -> str | Ref | Derived | Call:
        """One part of a template; data in it is written as it is, around what is computed."""
        if not isinstance(part, Derived):
            return part
        if part.refs or part.sensitive or part.pending:
            return self.derived(part, place, owner)
        return replace(part, value=self.value(part.value, place, owner))  # type: ignore[arg-type]  # it is not pending

    def derived(self, derived: Derived, place: Path, owner: str, kind: Any = None) -> Derived | Call:
        refs = inputs(derived)
        if any(isinstance(leaf, Derived) and leaf.stacks for leaf in leaves(derived)):
            self.stay(owner, derived, "its value comes from another stack too")
            return derived
        if not refs or any(r.resource not in self.ir.resources or not r.path for r in refs):
            return derived
        if "object" in str(kind):
            self.stay(owner, derived, "the engine wants objects of it complete, before it asks for their values")
            return derived
        inner = list(leaves(derived))
        name = self.name(place)
        if name in self.phased:
            self.stay(owner, derived, "its value refers to something that is not among its inputs")
            return derived
        if any(isinstance(leaf, Expr) for leaf in inner):
            self.stay(owner, derived, "its value is an expression of the engine")
            return derived
        secret = any(isinstance(leaf, Derived | Ref) and leaf.sensitive for leaf in inner)
        return Call(name, place, refs, secret)

    def name(self, place: Path) -> str:
        kind, owner, *rest = place
        start = str(owner) if kind == "resource" else f"{kind}.{owner}"
        base = name = start + format_path(tuple(rest[1:] if rest[:1] == ["config"] else rest))
        count = 1
        while name in self.taken:
            count += 1
            name = f"{base} ({count})"
        self.taken.add(name)
        return name

    def stay(self, owner: str, value: Value, reason: str) -> Value:
        """The value unchanged; the reason is recorded if something in it is computed."""
        if any(isinstance(leaf, Derived) and inputs(leaf) for leaf in leaves(value)):
            self.reasons.setdefault(owner, reason)
        return value


def _known(name: str) -> str:
    return f"`{name}` has to be known when it is planned"


def _dropped(attribute: AttributeSchema) -> bool:
    """A collection that the provider fills in by itself: old SDKs take an unknown one for one that was not given."""
    return attribute.optional and attribute.computed and attribute.is_collection


def owners(ir: IR) -> Iterator[tuple[str, Call]]:
    """(id, call) of every call in a resource."""
    for resource in ir.resources.values():
        yield from ((resource.id, leaf) for leaf in resource.leaves if isinstance(leaf, Call))


def computed(raw: IR, call: Call) -> tuple[bool, Any]:
    """(found, value) of what an evaluation has made of a call's place; nothing where it refers to something."""
    value = _at(raw, call)
    if not isinstance(value, Derived) or any(
        isinstance(leaf, Ref | Expr) or (isinstance(leaf, Derived) and leaf.pending) for leaf in leaves(value)
    ):
        return False, None
    return True, _plain(value)


def _at(raw: IR, call: Call) -> Any:
    kind, owner, *rest = call.place
    value: Any
    if kind == "output":
        value = raw.outputs[str(owner)].value
    elif kind == "extra":
        value = raw.extra[str(owner)]
    elif rest[0] == "config":
        value, rest = dict(raw.resources[str(owner)].config), rest[1:]
    else:
        meta = raw.resources[str(owner)].meta
        value = {**meta.other, "lifecycle": dict(meta.conditions)}
        rest = rest[1:]
    for step in rest:
        if isinstance(value, Derived):
            value = value.value  # data in a template
        value = value.parts[step] if isinstance(value, Expr) else value[step]  # type: ignore[index]  # of parts, a number
    return value


def _plain(value: Value) -> Any:
    match value:
        case Derived():
            return _plain(value.value)  # type: ignore[arg-type]  # none in it is pending
        case Build():
            return value.path
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
