"""In which phase each change of a plan comes, and which values it waits for until then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.json_text import same
from nivis_tofu.ir import graph
from nivis_tofu.ir.phases import phase_refs, phases, planned
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.values import Derived, Ref, leaves, references, walk
from nivis_tofu.run.decide.held import Cut, stored_address
from nivis_tofu.run.decide.look import is_unknown
from nivis_tofu.run.decide.position import Position
from nivis_tofu.tofu.documents import PlanChange


@immutable
class Turn:
    """`phase` counts from the beginning of the run.

    `waits_for`: `<id>.<attr>` of the values that are known only after the phase before.
    """

    phase: int = 1
    waits_for: tuple[str, ...] = ()


@immutable
class Schedule:
    """Turns by address, of objects without instance keys, and by name of what is a pending group."""

    at: Position
    cut: Cut
    survived: frozenset[Ref] = frozenset()
    """Outputs of what waits that the preview leaves as they are."""

    def __getitem__(self, address: str) -> Turn:
        return self._turns.get(address, Turn(self.at.phase))

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """id -> phase, this one being the first."""
        when = phases(self.at.ir, self.costs)
        earliest = self._earliest(when)
        return phases(self.at.ir, self.costs, earliest) if earliest else when

    def _earliest(self, when: Mapping[str, int]) -> dict[str, int]:
        """Of what waits for another reason than a value in it: for a group, for the id of its import, for a local."""
        ir, found = self.at.ir, dict[str, int]()
        if not (ir.groups or ir.imports or ir.locals):
            return found
        edges = graph.edges(ir)
        late = max((_after(filter(self.costs, group.refs), when) for group in ir.groups), default=1)
        for node in self.cut.held:
            refs = list(references(ir.imports.get(ir.resources[node].address, {})))
            for name in graph.closure(edges.get(node, ()), edges) & ir.locals.keys():
                refs += [r for leaf in leaves(ir.locals[name]) if isinstance(leaf, Derived) for r in leaf.refs]
            # Who names what is not declared waits for the groups: it may be a member of one.
            lost = not all(name in edges for name in edges.get(node, ()))
            found[node] = max(_after(filter(self.costs, refs), when), late if lost else 1)
        return found

    @cached_property
    def _turns(self) -> dict[str, Turn]:
        ir = self.at.ir
        found = {r.address: self._turn(phase_refs(ir, r), self.ids[r.id]) for r in ir.resources.values()}
        found |= {a: self._turn((), self.ids[a]) for a in ir.foreign_objects if a in self.ids}
        found |= {group.name: self._turn(group.refs) for group in ir.groups}
        return found | {a: self._orphan(a) for a in self.cut.orphans & self.cut.exclude}

    def costs(self, ref: Ref) -> bool:
        """Whether this value is still to come."""
        held = ref.resource in self.cut.held and ref not in self.survived
        return held or not self.at.ledger.knows(ref)

    def _turn(self, refs: Iterable[Ref], phase: int = 1) -> Turn:
        """`phase`: the earliest there can be."""
        late = [r for r in refs if self.costs(r) and not planned(self.at.ir, r)]
        phase = max(phase, _after(late, self.ids))
        last = {str(r) for r in late if self.ids.get(r.resource, 1) + 1 == phase}
        return Turn(self.at.phase - 1 + phase, tuple(sorted(last)))

    def _orphan(self, address: str) -> Turn:
        """What is no longer declared goes when groups are known, its provider is, and its dependants have moved on."""
        ir, snapshot = self.at.ir, self.at.snapshot
        refs = [ref for group in ir.groups for ref in group.refs]
        source = snapshot.providers.get(address)
        for provider in ir.providers.values():
            if full_source(provider.source, self.at.kind) == source:
                refs += references(dict(provider.config))
        users = (i for i in self.cut.frozen if address in self._needs[i])
        return self._turn(refs, max((self.ids[i] for i in users), default=1))

    @cached_property
    def _needs(self) -> dict[str, set[str]]:
        """Frozen id -> addresses that its object in the state depends on."""
        at = self.at
        places = {i: stored_address(at.ir, at.snapshot, at.ir.resources[i].address) for i in self.cut.frozen}
        return {i: graph.closure([place], at.snapshot.dependencies) for i, place in places.items()}


def doubtful(at: Position, cut: Cut, acting: Collection[str]) -> frozenset[Ref]:
    """Outputs of what is frozen that something else which waits consumes and is changed then: they may survive.

    `acting`: addresses, without instance keys, that the preview acts on.
    """
    resources = (at.ir.resources[i] for i in cut.held)
    refs = {ref for user in resources if user.address in acting for ref in phase_refs(at.ir, user)}
    return frozenset(r for r in refs if r.resource in cut.frozen and not planned(at.ir, r) and at.ledger.knows(r))


def surviving(refs: Iterable[Ref], at: Position, changes: Mapping[str, PlanChange]) -> frozenset[Ref]:
    """Those that a preview knows and leaves as they are. `changes`: its own, by address."""
    found = set()
    for ref in refs:
        change = changes.get(at.ir.resources[ref.resource].address)
        if change and change.action in ("noop", "update") and not is_unknown(change.after_unknown, ref.path):
            there, value = walk(change.after, ref.path)
            if there and same(value, at.ledger.lookup(ref)[1]):
                found.add(ref)
    return frozenset(found)


def _after(refs: Iterable[Ref], when: Mapping[str, int]) -> int:
    """The phase in which the last of these values can be used."""
    return max((when.get(r.resource, 1) + 1 for r in refs), default=1)
