"""Meta-arguments of a block: the order that literals came in, `lifecycle`, timeouts."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.model import IR, Meta, Resource
from nivis_tofu.ir.values import Ref, references
from nivis_tofu.render import expressions
from nivis_tofu.render.values import ValueWriter


@immutable
class MetaWriter:
    """Writes them for what is in a module: `include`, as ids."""

    ir: IR
    include: Collection[str]
    values: ValueWriter
    creates_first: Collection[str] = ()
    """ids that are created before they are destroyed."""
    preview: bool = False

    def arguments(self, resource: Resource) -> dict[str, Any]:
        """The meta-arguments of its block, `provider` aside."""
        meta: Meta = resource.meta
        out: dict[str, Any] = {}
        targets = sorted(self._order(resource))
        if targets:
            out["depends_on"] = targets
        cycle: dict[str, Any] = {}
        # A preview is never applied; what it would replace for want of a value may come out equal later.
        if meta.prevent_destroy and not self.preview:
            cycle["prevent_destroy"] = True
        if resource.id in self.creates_first and resource.mode == "managed":
            cycle["create_before_destroy"] = True
        if meta.ignore_changes:
            # The keyword and the attribute names are traversals, not templates.
            cycle["ignore_changes"] = "all" if meta.ignore_changes == "all" else list(meta.ignore_changes)
        if meta.replace_triggered_by:
            cycle["replace_triggered_by"] = [self._trigger(t) for t in meta.replace_triggered_by]
        for kind, conditions in meta.conditions.items():
            cycle[kind] = self.values.value(conditions, f"{resource.address}.lifecycle.{kind}")
        if cycle:
            out["lifecycle"] = cycle
        for name, value in meta.other.items():
            out[re.sub(r"(?<=[a-z])([A-Z])", lambda m: "_" + m.group(1).lower(), name)] = self.values.inside(
                name, value
            ).value(value, f"{resource.address}.{name}")
        return out

    def _order(self, resource: Resource) -> set[str]:
        """Addresses that literals came from: the engine cannot see that order by itself."""
        direct = set(resource.meta.depends_on) | {r.resource for r in resource.given}
        for derived in resource.derived:
            direct |= {r.resource for r in derived.refs}
        if resource.mode == "data":
            # depends_on on a data source defers its reading to apply, so only the user's own is kept.
            direct = set(resource.meta.depends_on)
        found, stack, seen = set(), list(direct), set()
        while stack:
            target = stack.pop()
            if target in seen or target not in self.include or target == resource.id:
                continue
            seen.add(target)
            other = self.ir.resources[target]
            if other.mode == "data":
                # It orders nothing by itself: what it was read from is what counts.
                stack += [r.resource for leaf in other.leaves for r in references(leaf)]
                stack += [r.resource for r in other.given] + list(other.meta.depends_on)
            else:
                found.add(other.address)
        return found

    def _trigger(self, trigger: Ref | str) -> str:
        if isinstance(trigger, Ref):
            return expressions.traversal(self.ir.resources[trigger.resource].address, trigger.path)
        return self.ir.address_of(trigger)
