"""The state as nivis reads it: raw state text -> objects with plain attributes.

Raw state costs no engine process with providers; what it lacks (dynamic values, sensitive attributes)
comes from the cached schemas. docs/decisions/0003 tells when that is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from hashlib import sha256
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import Pattern
from nivis_tofu.ir.engine_name import module_of
from nivis_tofu.ir.ledger import Object
from nivis_tofu.ir.schema import Kind, Known
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.raw_state import RawInstance, RawOutput, RawState, read_raw_state


@immutable
class Snapshot:
    """One reading of the state. `objects` are single instances of the root module, by engine address."""

    lineage: str = ""
    serial: int = 0
    instances: tuple[RawInstance, ...] = ()
    outputs: Mapping[str, RawOutput] = field(default_factory=dict)
    objects: Mapping[str, Object] = field(default_factory=dict)
    parts: Mapping[str, Object] = field(default_factory=dict)
    """Instances of several and what lies in modules, by their whole address."""

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Addresses without instance keys; what lies in a module counts as that module."""
        return frozenset(owner(i) for i in self.instances)

    @cached_property
    def managed(self) -> frozenset[str]:
        return frozenset(owner(i) for i in self.instances if i.mode == "managed")

    @cached_property
    def dependencies(self) -> Mapping[str, set[str]]:
        """Address -> addresses it depends on, as the state recorded it."""
        found: dict[str, set[str]] = {}
        for instance in self.instances:
            found.setdefault(owner(instance), set()).update(bare(d) for d in instance.dependencies)
        return found

    @cached_property
    def deposed(self) -> frozenset[str]:
        return frozenset(owner(i) for i in self.instances if i.deposed)

    @cached_property
    def creates_first(self) -> frozenset[str]:
        """Addresses that create before they destroy, by their own setting or because of a dependant."""
        return frozenset(owner(i) for i in self.instances if i.create_before_destroy)

    @cached_property
    def providers(self) -> Mapping[str, str]:
        """Address -> provider source address."""
        return {owner(i): i.provider for i in self.instances}

    @cached_property
    def current(self) -> Mapping[str, str]:
        """Address of an instance -> a mark of its present object, which tells nothing of it."""
        ids = {i.address: str(i.attributes.get("id")) for i in self.instances if not i.deposed}
        return {address: sha256(id_.encode()).hexdigest()[:16] for address, id_ in ids.items()}

    @property
    def version(self) -> tuple[str, int]:
        return self.lineage, self.serial


def owner(instance: RawInstance) -> str:
    """The address in the root module that an instance belongs to."""
    if instance.module:
        return bare(instance.module)
    data = "data." if instance.mode == "data" else ""
    return f"{data}{instance.type}.{instance.name}"


def read(text: str, schemas: Known) -> Snapshot:
    """The snapshot of a raw state text; an empty text is a project without a state."""
    raw = read_raw_state(text)
    return Snapshot() if raw is None else snapshot(raw, schemas)


def snapshot(raw: RawState, schemas: Known) -> Snapshot:
    objects: dict[str, Object] = {}
    parts: dict[str, Object] = {}
    for instance in raw.instances:
        if instance.deposed:
            continue
        single = not instance.module and instance.index_key is None
        kind: Kind = "data" if instance.mode == "data" else "resource"
        schema = schemas.block(instance.provider, kind, instance.type)
        attributes: Mapping[str, Any] = instance.attributes
        sensitive: tuple[Pattern, ...] = tuple(instance.sensitive_paths)
        if schema:
            attributes = schema.unwrap(attributes)
            sensitive += schema.sensitive
        if instance.type == "terraform_data":
            # Its output is its input; the engine forgets there that it is sensitive.
            sensitive += tuple(("output", *p[1:]) for p in sensitive if p[:1] == ("input",))
        found = Object(instance.address, instance.provider, attributes, sensitive, instance.dependencies)
        (objects if single else parts)[instance.address] = found
    objects |= {o.address: o for o in map(module_object, raw.outputs.items()) if o}
    outputs = {name: output for name, output in raw.outputs.items() if not module_of(name)}
    return Snapshot(raw.lineage, raw.serial, raw.instances, outputs, objects, parts)


def module_object(item: tuple[str, RawOutput]) -> Object | None:
    """The outputs of a module that Nix consumes, read from the root output generated for them."""
    name, output = item
    match output.value:
        case {"v": dict(values), "s": dict(hidden)} if module_of(name):
            return Object(module_of(name), "", values, tuple((n,) for n, secret in hidden.items() if secret))
        case _:
            return None
