"""In which phase each change of a plan comes, and which values it waits for until then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from nivis_tofu.ir import graph
from nivis_tofu.ir.model import Ref, references
from nivis_tofu.ir.phases import phase_refs, phases, planned
from nivis_tofu.ir.providers import full_source
from nivis_tofu.run.decide.cut import Cut, stored_address
from nivis_tofu.run.decide.position import Position


@dataclass(frozen=True)
class Turn:
    """`phase` counts from the beginning of the run; `waits_for`: `<id>.<attr>` of values that are not known before."""

    phase: int = 1
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """Turns by address, of objects without instance keys, and by name of what is a pending group."""

    at: Position
    cut: Cut

    def __getitem__(self, address: str) -> Turn:
        return self._turns.get(address, Turn(self.at.phase))

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """id -> phase, this one being the first."""
        return phases(self.at.ir, self.costs)

    @cached_property
    def _turns(self) -> dict[str, Turn]:
        ir = self.at.ir
        found = {r.address: self._turn(phase_refs(ir, r), self.ids[r.id]) for r in ir.resources.values()}
        found |= {a: self._turn((), self.ids[a]) for a in ir.foreign_objects if a in self.ids}
        found |= {group.name: self._turn(group.refs) for group in ir.groups}
        return found | {a: self._orphan(a) for a in self.cut.orphans & self.cut.exclude}

    def costs(self, ref: Ref) -> bool:
        """Is this value still to come?"""
        return ref.resource in self.cut.held or not self.at.ledger.knows(ref)

    def _turn(self, refs: Iterable[Ref], phase: int = 1) -> Turn:
        """`phase`: the earliest there can be."""
        late = [r for r in refs if self.costs(r) and not planned(self.at.ir, r)]
        after = max((self.ids.get(r.resource, 1) + 1 for r in late), default=1)
        return Turn(self.at.phase - 1 + max(phase, after), tuple(sorted({str(r) for r in late})))

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
