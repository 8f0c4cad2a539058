"""The IR: what the flake returned, as frozen values. `docs/reference/ir.md` is its description.

Data takes one way: JSON text -> `decode.decode` -> IR -> graph, render, run.decide. Nothing here knows an engine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field
from functools import cached_property
from typing import Final, Literal

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.globs import covers
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.engine_name import encode_name, guess_address, resolve, split_id
from nivis_tofu.ir.values import Derived, Expr, Leaf, OfResource, Ref, Value, format_path, leaves, references
from nivis_tofu.tofu.address_syntax import bare

SCHEMA_VERSION: Final = 1

Mode = Literal["managed", "data", "module"]


@immutable(slots=True)
class Meta:
    """Meta-arguments; `other` (timeouts …) goes to the engine as it is."""

    depends_on: tuple[str, ...] = ()
    prevent_destroy: bool = False
    create_before_destroy: bool = False
    ignore_changes: tuple[str, ...] | Literal["all"] = ()
    replace_triggered_by: tuple[Ref | str, ...] = ()
    conditions: Mapping[str, Value] = field(default_factory=dict)
    """`precondition`, `postcondition`: lists of `{ condition, error_message }`."""
    other: Mapping[str, Value] = field(default_factory=dict)


@immutable(slots=True)
class Resource(OfResource):
    """A managed resource, a data source or a module call."""

    id: str
    mode: Mode
    provider: str
    type: str
    name: str
    tofu_name: str
    config: Mapping[str, Value]
    meta: Meta = Meta()
    given: tuple[Ref, ...] = ()
    groups: tuple[str, ...] = ()
    """Names of the `whenKnown` groups that it is a member of."""
    pos: Mapping[str, Position] = field(default_factory=dict)
    source: str = ""
    version: str = ""
    module_providers: Mapping[str, str] = field(default_factory=dict)

    def _address(self) -> str:
        match self.mode:
            case "managed":
                return f"{self.type}.{encode_name(self.tofu_name)}"
            case "data":
                return f"data.{self.type}.{encode_name(self.tofu_name)}"
            case "module":
                return f"module.{encode_name(self.tofu_name)}"

    def _leaves(self) -> tuple[Leaf, ...]:
        found = [*leaves(dict(self.config)), *leaves(dict(self.meta.other)), *leaves(dict(self.meta.conditions))]
        found += [r for r in self.meta.replace_triggered_by if isinstance(r, Ref)]
        return tuple(found)

    def _uses(self) -> frozenset[str]:
        refs = (r.resource for leaf in self.leaves for r in references(leaf))
        return frozenset((*refs, *(r.resource for r in self.given), *self.meta.depends_on))

    @property
    def provider_keys(self) -> Collection[str]:
        """Keys of the provider configurations that it is given."""
        return self.module_providers.values() if self.mode == "module" else (self.provider,)

    def _derived(self) -> tuple[Derived, ...]:
        return tuple(leaf for leaf in self.leaves if isinstance(leaf, Derived))

    def _pending(self) -> bool:
        return any(d.pending for d in self.derived)


@immutable(slots=True)
class Provider:
    """A provider configuration; several keys with one source are several configurations."""

    key: str
    source: str
    version: str
    config: Mapping[str, Value]
    drv: str = ""
    """What builds the directory that `source` names."""


@immutable(slots=True)
class Output:
    """An output value of the root module."""

    name: str
    value: Value
    sensitive: bool = False
    description: str = ""


@immutable(slots=True)
class Group:
    """A `whenKnown` group and its inputs."""

    name: str
    refs: tuple[Ref, ...]
    stacks: tuple[Ref, ...] = ()


@immutable(slots=True)
class Part:
    """Some instances of a resource or parts of a module, as globs of engine addresses."""

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def has(self, address: str) -> bool:
        if self.only and not any(covers(p, address) for p in self.only):
            return False
        return not any(covers(p, address) for p in self.without)


@immutable(slots=True)
class Settings:
    """Defaults set by the flake, which flags and environment override; "" means not set."""

    ask: str = ""
    """`always`: about every change; `auto`: about what a terminal is asked; `name`: for a name if everything goes."""
    style: str = ""
    one_plan: bool | None = None
    checks: tuple[str, ...] = ()
    """Commands that get each plan and may refuse it."""


@immutable
class IR:
    """A whole configuration; `resources` holds managed resources, data sources and modules by id, in order."""

    providers: Mapping[str, Provider]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]
    groups: tuple[Group, ...] = ()
    """Those that are pending."""
    known_groups: tuple[Group, ...] = ()
    backend: Mapping[str, Value] | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)
    root_module: str = ""
    no_ledger: bool = False
    """Values are pending, and Nix was not told what is known."""
    single_blocks: bool = False
    """A nested block may be written as one object where there could be several."""
    settings: Settings = Settings()
    foreign: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What a joined root module declares: name -> names it refers to (rootmodule.py)."""
    positions: Mapping[str, Mapping[str, Position]] = field(default_factory=dict)
    """Where what is no resource was written: `provider.<key>`, `output.<name>`, `extra.<block type>` -> as `pos`."""
    unselected: Mapping[str, str] = field(default_factory=dict)
    """What a run leaves alone by --target or --exclude: address -> id (targeting.py)."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Address -> the instances of it that a run is about, where it is not about all."""

    @cached_property
    def foreign_objects(self) -> frozenset[str]:
        """Resources, data sources and module calls of the joined root module."""
        return frozenset(n for n in self.foreign if not n.startswith(_NO_OBJECT))

    @cached_property
    def engine_variables(self) -> frozenset[str]:
        """Names of input variables of the root module, those of joined files included."""
        own = self.extra.get("variable")
        joined = (n.removeprefix("var.") for n in self.foreign if n.startswith("var."))
        return frozenset((*(own if isinstance(own, dict) else ()), *joined))

    @cached_property
    def locals(self) -> Mapping[str, Value]:
        """The flake's own local values by the name that expressions give them: `local.x`."""
        body = self.extra.get("locals") or {}
        entries = body if isinstance(body, list) else [body]
        return {f"local.{name}": value for entry in entries if isinstance(entry, dict) for name, value in entry.items()}

    @cached_property
    def by_address(self) -> Mapping[str, Resource]:
        return {r.address: r for r in self.resources.values()}

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        return {r.id: r.address for r in self.resources.values()}

    def address_of(self, value: Value) -> str:
        """The engine address of a resource, an id (also of one that is gone, or of an instance) or an address."""
        match value:
            case Ref():
                return self.resources[value.resource].address + format_path(value.path)
            case Expr((str(only),)):
                # A whole expression is the address in it.
                text = _WHOLE.sub(r"\1", only)
            case _:
                text = str(value)
        known = resolve(text, self._addresses)
        return known or (guess_address(text) if split_id(text)[1] in self.providers else text)

    def owner(self, address: str) -> Resource | None:
        """The resource, or the module call, that the address of an instance belongs to."""
        return self.by_address.get(bare(address))

    def declares(self, address: str) -> bool:
        """Is there something that the address of an instance belongs to, here or in a joined root module?"""
        return (base := bare(address)) in self.by_address or base in self.foreign

    @cached_property
    def moves(self) -> Mapping[str, str]:
        """Renames that the configuration declares: new address -> old address."""
        entries = self.extra.get("moved") or []
        pairs = [e for e in (entries if isinstance(entries, list) else [entries]) if isinstance(e, dict)]
        return {self.address_of(e.get("to")): self.address_of(e.get("from")) for e in pairs}

    @cached_property
    def moved(self) -> Mapping[str, tuple[str, ...]]:
        """New address -> all that it had before, the latest first: what was renamed twice has several."""
        return {new: follow(new, self.moves) for new in self.moves}

    @cached_property
    def imports(self) -> Mapping[str, Value]:
        """Address -> the `id` (or other arguments) of the `import` block that brings it in."""
        entries = self.extra.get("import") or []
        found = [e for e in (entries if isinstance(entries, list) else [entries]) if isinstance(e, dict)]
        return {self.address_of(e.get("to")): {k: v for k, v in e.items() if k != "to"} for e in found}

    @property
    def imported(self) -> frozenset[str]:
        """The addresses that `import` blocks bring in."""
        return frozenset(self.imports)

    @cached_property
    def managed(self) -> tuple[Resource, ...]:
        return tuple(r for r in self.resources.values() if r.mode == "managed")

    @cached_property
    def stacks(self) -> frozenset[Ref]:
        """Every output of another stack that the configuration uses."""
        values: list[Value] = [list(r.leaves) for r in self.resources.values()]
        values += [o.value for o in self.outputs.values()]
        values += [dict(p.config) for p in self.providers.values()]
        values.append(dict(self.extra))
        found = {ref for leaf in leaves(values) if isinstance(leaf, Derived) for ref in leaf.stacks}
        return frozenset(found.union(*(group.stacks for group in (*self.groups, *self.known_groups))))

    @cached_property
    def consumed(self) -> frozenset[Ref]:
        """Every reference whose value Nix or a provider configuration needs."""
        refs: set[Ref] = set()
        for resource in self.resources.values():
            refs.update(resource.given)
            for d in resource.derived:
                refs.update(d.refs)
        for output in self.outputs.values():
            for leaf in leaves(output.value):
                if isinstance(leaf, Derived):
                    refs.update(leaf.refs)
        for leaf in leaves(dict(self.extra)):
            if isinstance(leaf, Derived):
                refs.update(leaf.refs)
        for provider in self.providers.values():
            refs.update(references(dict(provider.config)))
        # A known group that is empty has no member that could tell what it depends on.
        for group in (*self.groups, *self.known_groups):
            refs.update(group.refs)
        return frozenset(refs)


def follow(start: str, steps: Mapping[str, str]) -> tuple[str, ...]:
    """What `start` leads to, step by step, as long as that is something new."""
    found = [start]
    while (after := steps.get(found[-1])) is not None and after not in found:
        found.append(after)
    return tuple(found[1:])


_NO_OBJECT = ("local.", "var.", "output.", "provider.", "ephemeral.")
_WHOLE = regex(r"\A\$\{\s*(.*?)\s*\}\Z", re.DOTALL)
