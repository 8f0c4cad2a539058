"""Plans -> the lines that a user reads, and what a run may do because it was told. Pure.

Data: the phase's own plan, true for what is in the phase, and the preview, for all that waits -> one list of
changes -> lines in the order of the IR, and Announced by address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir import graph
from nivis_tofu.ir.ledger import Ledger, guess_id
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.render.module import UNKNOWN
from nivis_tofu.run.decide import planner
from nivis_tofu.run.decide.planner import DESTRUCTIVE, Announced, Cut
from nivis_tofu.tofu.address import Address, bare, order
from nivis_tofu.tofu.messages import Planned
from nivis_tofu.tofu.results import PlanResult

FORBIDDEN = "preventDestroy forbids it"


@dataclass(frozen=True)
class Teller:
    """What a plan is announced from.

    One of `plan` and `seen` may be missing; `reasons`: ids that no plan can hold, and why.
    """

    ir: IR
    ledger: Ledger
    snapshot: Snapshot
    cut: Cut
    plan: PlanResult | None
    seen: PlanResult | None
    reasons: Mapping[str, str]
    known: Mapping[str, str]
    """Address -> id of the last run."""

    def told(self) -> tuple[Preview, Announced]:
        lines = [*self._declared(), *self._foreign(), *self._groups(), *self._gone()]
        outputs = self.plan if self.plan and self.cut.whole else self.seen or self.plan
        found = [(name, str(o.action)) for name, o in outputs.outputs.items()] if outputs else []
        if not self.seen and not self.cut.whole:
            # What waits is not in the phase's own plan.
            late = self.ir.outputs.keys() - {name for name, _ in found} - self.snapshot.outputs.keys()
            found += [(name, "create") for name in late]
        source = self.seen or self.plan
        preview = Preview(
            lines=tuple(lines),
            outputs=tuple((name, action) for name, action in sorted(found) if not planner.module_of(name)),
            total=len(planner.managed(self.ir, self.snapshot)),
            pending=bool(self.cut.held or self.ir.groups or self.cut.left_out),
            warnings=source.warnings if source else (),
        )
        return preview, Announced(self.actions, frozenset(self._open), groups=bool(self.ir.groups or self._open))

    @cached_property
    def changes(self) -> list[Planned]:
        """What the engine is going to do, each object once. It tells instances in no order: the same plan has one."""
        held = {self.ir.resources[i].address for i in self.cut.held} | self.cut.exclude | self.cut.left_out
        found = [c for c in self.seen.changes if not self.plan or bare(c.addr) in held] if self.seen else []
        found += [c for c in self.plan.changes if bare(c.addr) not in held] if self.plan else []
        return sorted((c for c in found if c.addr != f"terraform_data.{UNKNOWN}"), key=lambda c: order(c.addr))

    @cached_property
    def actions(self) -> dict[str, str]:
        """By address: of an object, and of the resource or module that it belongs to."""
        found = {bare(c.addr): str(c.action) for c in self.changes}
        if not self.seen:
            waiting = [self.ir.resources[i] for i in self.cut.held]
            found |= {r.address: "create" for r in waiting if r.mode == "managed"}
        # What waits only for its provider's configuration, or for its dependants to move on, goes in a later phase.
        found |= dict.fromkeys((self.cut.exclude & self.cut.orphans) - self.cut.unselected - self._maybe, "delete")
        return found | {c.addr: str(c.action) for c in self.changes}

    @cached_property
    def _maybe(self) -> frozenset[str]:
        """Orphans that may turn out to be members of a pending group: they depend on its inputs, as all members do."""
        inputs = {self.ir.resources[r.resource].address for g in self.ir.groups for r in g.refs}
        above = self.snapshot.dependencies
        return frozenset(a for a in self.cut.orphans if inputs & graph.closure([a], above)) if inputs else frozenset()

    @cached_property
    def _open(self) -> set[str]:
        return {self.ir.resources[i].address for i in self.reasons} | self._maybe

    @cached_property
    def _by_owner(self) -> dict[str, list[Planned]]:
        found: dict[str, list[Planned]] = {}
        for change in self.changes:
            found.setdefault(bare(change.addr), []).append(change)
        return found

    def _declared(self) -> Iterator[Line]:
        for resource in self.ir.resources.values():
            address = resource.address
            several = [c for c in self._by_owner.get(address, ()) if c.addr != address]
            if resource.id in self.reasons:
                new = resource.mode == "managed" and not resource.given and address not in self.snapshot.addresses
                note = f"({self.reasons[resource.id]})"
                yield Line("create" if new else "unknown", resource.id, resource.type, note=note, address=address)
            elif several and resource.mode != "module":
                yield from map(self._one, several)
            elif resource.mode == "managed":
                yield self._managed(resource)
            elif address in self.actions and resource.mode == "data":
                yield Line(self.actions[address], resource.id, resource.type, address=address)

    def _managed(self, resource: Resource) -> Line:
        address = resource.address
        action, note = self.actions.get(address, "noop"), ""
        previous = next((c.previous_addr for c in self._by_owner.get(address, ())), "")
        if action in ("create", "update") and address in self.ir.imported - self.snapshot.addresses:
            action, note = "import", "" if action == "create" else "then changed"
        elif action == "delete" and address in self.snapshot.deposed:
            action, note = "update", "an old object of it is removed"
        elif action in DESTRUCTIVE and resource.meta.prevent_destroy:
            note = FORBIDDEN
        return Line(action, resource.id, resource.type, previous=previous, note=note, address=address)

    def _foreign(self) -> Iterator[Line]:
        """What lies in modules and in a joined root module, one by one."""
        for owner, changes in self._by_owner.items():
            module = owner in self.ir.by_address and self.ir.by_address[owner].mode == "module"
            if module or owner in self.ir.foreign:
                yield from map(self._one, changes)

    def _groups(self) -> Iterator[Line]:
        for group in self.ir.groups:
            open_ = [str(r) for r in group.refs if not self.ledger.knows(r)]
            yield Line("unknown", group.name, waits_for=", ".join(open_ or map(str, group.refs)))

    def _gone(self) -> Iterator[Line]:
        """What is no longer declared; of a module that is gone, the module."""
        declared = self.ir.by_address.keys() | self.ir.foreign.keys()
        names = ", ".join(g.name for g in self.ir.groups)
        note = f"unless it turns out to be a member of {names}" if names else ""
        for address in sorted(self.actions, key=order):
            owner = bare(address)
            if owner in declared:
                continue
            several = [c.addr for c in self._by_owner.get(owner, ()) if c.addr != owner]
            if owner.startswith("module.") or not several:
                if address == owner:
                    yield Line(self.actions[owner], self._name(owner), owner.split(".")[0], note=note, address=owner)
            elif address != owner:
                yield Line(self.actions[address], self._name(address), Address.parse(address).type, address=address)

    def _one(self, change: Planned) -> Line:
        kind = Address.parse(change.addr).type
        previous = self._name(change.previous_addr) if change.previous_addr else ""
        return Line(str(change.action), self._name(change.addr), kind, previous=previous, address=change.addr)

    def _name(self, address: str) -> str:
        base = bare(address)
        resource = self.ir.by_address.get(base)
        name = resource.id if resource else "" if base in self.ir.foreign else self.known.get(base, "")
        if not name and base not in self.ir.foreign:
            name = guess_id(base, self.snapshot.providers.get(base, ""))
        return (name or base) + address.removeprefix(base)
