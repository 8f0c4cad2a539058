"""The preview: one plan of the whole IR, never applied, in which the engine propagates what is not known yet.

Every derived value becomes an expression: a pending one is unknown; a resolved one is its literal as long as
the consumed values are what they were when Nix computed it, and unknown otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any

from nivis_tofu.core.immutable import mutable
from nivis_tofu.ir import graph
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Derived, Ref, Value, leaves, references
from nivis_tofu.render import expressions
from nivis_tofu.render.module import UNKNOWN

_COUNTED = ("count", "for_each")
UNKNOWN_VALUE = f"terraform_data.{UNKNOWN}.id"


@mutable
class PreviewWriter:
    """Writes derived values as expressions; `locals_` collects one comparison per consumed path."""

    ir: IR
    ledger: Ledger
    stale: frozenset[str]
    """ids whose outputs may still change although no plan of this phase says so (held ones)."""
    absent: frozenset[str]
    """ids that the preview cannot hold: what refers to them is unknown."""
    locals_: dict[str, str] = field(default_factory=dict)

    def __call__(self, derived: Derived, literal: Callable[[], str], keep: Callable[[Any, Ref], str]) -> str | None:
        inner = [d for d in leaves(derived) if isinstance(d, Derived)]
        refs = tuple(dict.fromkeys(r for d in inner for r in d.refs))
        if any(d.pending for d in inner):
            return self._unknown(refs)
        if unknown := self.unknown(refs):
            return unknown
        suspects = [r for r in refs if r.resource in self.stale]
        if not suspects:
            return None
        same = " && ".join(f"local.{self._comparison(r, keep)}" for r in suspects)
        return f"jsondecode({same} ? {literal()} : {UNKNOWN_VALUE})"

    def unknown(self, refs: Iterable[Ref]) -> str | None:
        wanted = tuple(refs)
        return self._unknown(wanted) if any(r.resource in self.absent for r in wanted) else None

    def _unknown(self, refs: Iterable[Ref]) -> str:
        here = self.ir.resources.keys() - self.absent
        names = [self._traversal(r) for r in refs if r.resource in here]
        return f"jsondecode(jsonencode([{', '.join([*names, UNKNOWN_VALUE])}]))"

    def _comparison(self, ref: Ref, keep: Callable[[Any, Ref], str]) -> str:
        name = "nivis_same_" + hashlib.sha256(str(ref).encode()).hexdigest()[:12]
        if name not in self.locals_:
            _, value = self.ledger.lookup(ref)
            # What was there before may be secret whatever is said of it now: it never stands in the module.
            test = f"jsonencode({self._traversal(ref)}) == jsonencode({keep(value, ref)})"
            # Without nonsensitive each would show a change that is none.
            self.locals_[name] = f"${{nonsensitive({test})}}"
        return name

    def _traversal(self, ref: Ref) -> str:
        return expressions.traversal(self.ir.resources[ref.resource].address, ref.path)


def deferred(
    ir: IR, pending_providers: frozenset[str], held: frozenset[str], schema: Callable[[Resource], BlockSchema | None]
) -> dict[str, str]:
    """ids that a preview cannot represent -> the reason; ids that refer to them natively are included."""
    reasons: dict[str, str] = {}
    for resource in ir.resources.values():
        if resource.provider in pending_providers or set(resource.module_providers.values()) & pending_providers:
            key = resource.provider or next(k for k in resource.module_providers.values() if k in pending_providers)
            wanted = ", ".join(sorted({str(r) for r in references(dict(ir.providers[key].config))}))
            reasons[resource.id] = f"the configuration of provider {key} waits for {wanted}"
            continue
        stale = sorted({str(r) for r in resource.given if r.resource in held})
        if stale:
            # Its values are plain strings to Nix: nothing here tells how they depend on the group's inputs.
            reasons[resource.id] = f"member of a group that waits for {', '.join(stale)}"
            continue
        if open_ := sorted({str(ref) for name in _COUNTED for ref in _pending(resource.config.get(name))}):
            reasons[resource.id] = f"how many there are waits for {', '.join(open_)}"
            continue
        block = schema(resource)
        for name, value in resource.config.items():
            if isinstance(value, Derived) and value.pending and block and name in block.blocks:
                wanted = ", ".join(sorted(str(r) for r in value.refs))
                reasons[resource.id] = f"the blocks `{name}` wait for {wanted}"
    users: dict[str, set[str]] = {}
    by_provider = {key: {r.resource for r in references(dict(p.config))} for key, p in ir.providers.items()}
    for resource in ir.resources.values():
        configured = by_provider.get(resource.provider, set()).union(
            *(by_provider.get(key, set()) for key in resource.module_providers.values())
        )
        for target in _native(resource) | set(resource.meta.depends_on) | configured:
            users.setdefault(target, set()).add(resource.id)
            if target not in ir.resources:
                reasons.setdefault(resource.id, f"waits for {target}, a member of a group that is not known yet")
    for start in list(reasons):
        for follower in graph.closure([start], users) - {start}:
            reasons.setdefault(follower, f"refers to {start}")
    return reasons


def _pending(value: Value) -> Iterator[Ref]:
    """What a value waits for."""
    for leaf in leaves(value):
        if isinstance(leaf, Derived) and leaf.pending:
            yield from leaf.refs


def _native(resource: Resource) -> set[str]:
    """ids a resource refers to by native expressions, those inside resolved derived values included."""
    found = set()

    def visit(value: Value) -> None:
        for leaf in leaves(value):
            if isinstance(leaf, Ref):
                found.add(leaf.resource)

    visit(dict(resource.config))
    visit(dict(resource.meta.other))
    return found
