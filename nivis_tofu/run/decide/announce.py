"""Plans -> the lines that a user reads, and what a run may do because it was told. Pure.

Data: the phase's own plan, true for what is in the phase, and the preview, for all that waits -> one list of
changes -> lines in the order of the IR, and Announced by address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import cast

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import THEN_CHANGED, Line, Preview
from nivis_tofu.ir import graph, provenance
from nivis_tofu.ir.engine_name import module_of
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.snapshot import Snapshot, owner
from nivis_tofu.ir.values import Build, Ref
from nivis_tofu.render.module import UNKNOWN
from nivis_tofu.run.decide import deposed, upstream
from nivis_tofu.run.decide.held import Cut, managed
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.schedule import Schedule
from nivis_tofu.run.decide.select import Going
from nivis_tofu.tofu.address_syntax import Address, bare, order
from nivis_tofu.tofu.messages import Action, ApplyComplete, Planned
from nivis_tofu.tofu.results import PlanResult

DESTRUCTIVE = frozenset({"delete", "replace", "forget"})
FORBIDDEN = "preventDestroy forbids it"
NOT_DONE = frozenset({"noop", "read"})
"""Actions that make no phase."""


@immutable
class Announced:
    """What was announced: address -> action. `open_`: addresses whose existence was shown as `?`."""

    actions: Mapping[str, str] = field(default_factory=dict)
    open_: frozenset[str] = frozenset()
    strict: bool = False
    """An approved plan file: creations and updates must have been announced as well."""
    groups: bool = False
    """Were there groups whose members nobody could tell?"""
    done: frozenset[str] = frozenset()
    """Addresses on which this run has acted."""

    @property
    def objects(self) -> list[Planned]:
        """What was announced of single objects, not of resources and modules as a whole."""
        owners = {bare(a) for a in self.actions if bare(a) != a}
        return [Planned(a, cast(Action, x)) for a, x in self.actions.items() if a not in owners]

    def name(self, address: str) -> str:
        """The address under which it was announced; an instance has its own."""
        return address if address in self.actions else bare(address)

    def after(self, changes: Iterable[Planned | ApplyComplete]) -> Announced:
        """What remains announced after these changes, since each is done once.

        Of a replacement whose old object went first, the new one is still to come.
        """
        left = dict(self.actions)
        for change in changes:
            told = left.get(change.addr, left.get(bare(change.addr)))
            left[change.addr] = "create" if told == "replace" and change.action in ("delete", "forget") else "noop"
        return replace(self, actions=left, done=self.done | {c.addr for c in changes})

    def covers(self, address: str, action: str) -> bool:
        told = self.actions.get(address, "noop")
        if address in self.open_ and not (action in DESTRUCTIVE and (self.strict or address in self.done)):
            return True
        match action:
            case "delete" | "forget":
                return told in ("delete", "forget", "replace")
            case "replace":
                return told == "replace"
            case "create":
                return not self.strict or told in ("create", "replace")
            case "update":
                return not self.strict or told in ("update", "replace", "create")
            case _:
                return True


@immutable
class Teller:
    """Everything from which an announcement is made.

    One of `plan` and `seen` may be missing; `reasons`: ids that no plan can hold, and why.
    """

    at: Position
    cut: Cut
    plan: PlanResult | None = None
    seen: PlanResult | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    """By id, what there is to say of it in one plan."""
    survived: frozenset[Ref] = frozenset()

    @property
    def ir(self) -> IR:
        return self.at.ir

    @property
    def snapshot(self) -> Snapshot:
        return self.at.snapshot

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.at, self.cut, self.survived)

    def told(self) -> tuple[Preview, Announced]:
        lines = [*self._declared(), *self._foreign(), *self._groups(), *self._gone()]
        lines = list(self._timed(lines))
        outputs = self.plan if self.plan and self.cut.whole else self.seen or self.plan
        found = [(name, str(o.action)) for name, o in outputs.outputs.items()] if outputs else []
        if not self.seen and not self.cut.whole:
            # What waits is not in the phase's own plan.
            late = self.ir.outputs.keys() - {name for name, _ in found} - self.snapshot.outputs.keys()
            found += [(name, "create") for name in late]
        source = self.seen or self.plan
        preview = Preview(
            lines=tuple(lines),
            outputs=tuple((name, action) for name, action in sorted(found) if not module_of(name)),
            total=len(managed(self.ir, self.snapshot)),
            pending=bool(self.cut.held or self.ir.groups or self.cut.left_out),
            warnings=source.warnings if source else (),
            builds=tuple(self._builds(lines)),
            upstream=tuple(upstream.told(self.ir, self.at.ledger)),
        )
        return preview, Announced(self.actions, frozenset(self._open), groups=bool(self.ir.groups or self._open))

    def _timed(self, lines: Sequence[Line]) -> Iterator[Line]:
        """Lines with their phases, without gaps: a phase is one that acts on something."""
        # Of a plan that changes little nobody asks when the rest would come.
        acting = (line for line in lines if line.action not in NOT_DONE)
        turns = {name: self.schedule[name] for name in map(_owner, acting)}
        number = {phase: n for n, phase in enumerate(sorted({t.phase for t in turns.values()}), self.at.phase)}
        for line in lines:
            resource = self.ir.owner(line.address)
            derived = provenance.derived_from(resource) if resource and resource.leaves else ()
            turn = None if line.action in NOT_DONE else turns[_owner(line)]
            phase = number[turn.phase] if turn else 0
            waits = turn.waits_for if turn and phase != self.at.phase else ()
            yield replace(line, phase=phase, waits=waits, derived_from=derived)

    def _builds(self, lines: Iterable[Line]) -> dict[str, None]:
        """Store paths of what Nix builds for the resources that change, each once."""
        acting = (self.ir.owner(x.address) for x in lines if x.action not in ("noop", "delete"))
        found = (leaf for resource in acting if resource for leaf in resource.leaves)
        return dict.fromkeys(leaf.path for leaf in found if isinstance(leaf, Build) and leaf.drv)

    @cached_property
    def changes(self) -> list[Planned]:
        """What the engine will do, each object once, in a fixed order."""
        held = {self.ir.resources[i].address for i in self.cut.held} | self.cut.exclude | self.cut.left_out
        found = [c for c in self.seen.changes if not self.plan or bare(c.addr) in held] if self.seen else []
        found += [c for c in self.plan.changes if bare(c.addr) not in held] if self.plan else []
        return sorted((c for c in found if c.addr != f"terraform_data.{UNKNOWN}"), key=lambda c: order(c.addr))

    @cached_property
    def actions(self) -> dict[str, str]:
        """Address -> action, of objects and of the resources or modules that they belong to."""
        found = {bare(c.addr): str(c.action) for c in self.changes}
        if not self.seen:
            resources = [self.ir.resources[i] for i in self.cut.held]
            found |= {r.address: "create" for r in resources if r.mode == "managed"}
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
            action, note = "import", "" if action == "create" else THEN_CHANGED
        elif action != "noop" and address in self.snapshot.deposed:
            action, note = ("update" if action == "delete" else action), deposed.REMOVED
        elif action in DESTRUCTIVE and resource.meta.prevent_destroy:
            note = FORBIDDEN
        elif action != "noop":
            note = self.notes.get(resource.id, "")
        return Line(action, resource.id, resource.type, previous=previous, note=note, address=address)

    def _foreign(self) -> Iterator[Line]:
        """What lies in modules and in a joined root module, one by one."""
        for place, changes in self._by_owner.items():
            module = place in self.ir.by_address and self.ir.by_address[place].mode == "module"
            if module or place in self.ir.foreign:
                yield from map(self._one, changes)

    def _groups(self) -> Iterator[Line]:
        for group in self.ir.groups:
            refs = (*group.refs, *group.stacks)
            open_ = [str(r) for r in refs if not self.at.ledger.knows(r)]
            yield Line("unknown", group.name, waits_for=", ".join(open_ or map(str, refs)))

    def _gone(self) -> Iterator[Line]:
        """What is no longer declared; of a module that is gone, the module."""
        declared = self.ir.by_address.keys() | self.ir.foreign.keys()
        groups, name = ", ".join(g.name for g in self.ir.groups), self.at.names.id_of
        note = f"unless it turns out to be a member of {groups}" if groups else ""
        for address in sorted(self.actions, key=order):
            place = bare(address)
            if place in declared:
                continue
            several = [c.addr for c in self._by_owner.get(place, ()) if c.addr != place]
            if place.startswith("module.") or not several:
                if address == place:
                    kind = place.split(".")[0]
                    yield Line(self.actions[place], name(place), kind, note=note, address=place)
            elif address != place:
                yield Line(self.actions[address], name(address), Address.parse(address).type, address=address)

    def _one(self, change: Planned) -> Line:
        kind = Address.parse(change.addr).type
        previous = self.at.names.id_of(change.previous_addr) if change.previous_addr else ""
        return Line(str(change.action), self.at.names.id_of(change.addr), kind, previous=previous, address=change.addr)


def is_entire(preview: Preview, snapshot: Snapshot) -> bool:
    """Whether it destroys every managed object in the state."""
    gone = {line.address for line in preview.lines if line.action == "delete"}
    managed = [i for i in snapshot.instances if i.mode == "managed"]
    return bool(managed) and all(i.address in gone or owner(i) in gone for i in managed)


def destruction(names: Names, snapshot: Snapshot, going: Going) -> Preview:
    """What a destroy destroys."""
    parts = going.instances(snapshot)
    lines = []
    for address in sorted(snapshot.managed & going.addresses):
        for instance in parts.get(address, [address]):
            lines.append(Line("delete", names.id_of(instance), address.split(".")[0], address=instance))
    return Preview(tuple(lines), total=len(lines))


def _owner(line: Line) -> str:
    """The address of the resource that a line is about, or the name of a group."""
    return bare(line.address) if line.address else line.id
