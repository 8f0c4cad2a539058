"""One phase as it was decided: what plan, apply, saved plans and views read alike.

Data: Position -> `decide` -> Phase (its cut) -> with the engine's plan of it -> with a preview of all later phases.
Whatever is known by then can be asked of it: what is told, who goes first, what the guard says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Preview
from nivis_tofu.ir.engine_name import module_of
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import Ref
from nivis_tofu.run.decide.announce import DESTRUCTIVE, Announced, Teller
from nivis_tofu.run.decide.guard import guard
from nivis_tofu.run.decide.held import Cut, above, creates_first, cut, stored_address
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.schedule import Schedule
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.messages import Planned
from nivis_tofu.tofu.results import PlanResult


@immutable
class Phase:
    """What one phase takes, and what is known of it and of those after it."""

    at: Position
    cut: Cut
    digest: str = ""
    """Of the module that is written for it."""
    plan: PlanResult | None = None
    """The engine's plan of it; None: it has not been made, or an empty state does without."""
    seen: PlanResult | None = None
    """The preview: a plan of the whole configuration that is never applied."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Ids that no preview can hold, and why."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Id -> what there is to say of it in one plan."""
    survived: frozenset[Ref] = frozenset()
    """Outputs of what waits that the preview leaves as they are."""
    failure: NivisError | None = None
    """Nix, or the engine's plan, failed with the old values; the run goes on without them."""
    detailed: Preview | None = None
    """What is told, with attributes."""

    def with_(self, **changes: Any) -> Phase:
        return replace(self, **changes)

    def planned(self, plan: PlanResult, strays: frozenset[str] = frozenset()) -> Phase:
        """With the engine's plan; `strays`: instances that had to be kept out of it, as the run is not about them."""
        taken = self.cut
        if strays:
            taken = replace(taken, exclude=taken.exclude | strays, unselected=taken.unselected | strays)
        return replace(self, cut=taken, plan=plan)

    @property
    def ir(self) -> IR:
        return self.at.ir

    @property
    def changes(self) -> tuple[Planned, ...]:
        """The changes that the engine planned."""
        return self.plan.changes if self.plan else ()

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do."""
        return self.plan is not None and not self.plan.has_changes

    @property
    def shows_outputs(self) -> bool:
        """Whether outputs that the user declared change."""
        return bool(self.plan) and any(not module_of(name) for name in self.plan.outputs)  # type: ignore[union-attr]

    @cached_property
    def _told(self) -> tuple[Preview, Announced]:
        return Teller(self.at, self.cut, self.plan, self.seen, self.reasons, self.notes, self.survived).told()

    @property
    def schedule(self) -> Schedule:
        """When each change comes."""
        return Schedule(self.at, self.cut, self.survived)

    @property
    def preview(self) -> Preview:
        """What this phase and all later ones will do, line by line."""
        return self.detailed or self._told[0]

    @property
    def announced(self) -> Announced:
        """What this phase and later ones may do, because it was announced."""
        return self._told[1]

    @property
    def needs_preview(self) -> bool:
        """Whether something in the state is held, so that the plan alone does not say what becomes of it."""
        return bool(self.cut.frozen or self.cut.left_out)

    @cached_property
    def upstream_goes(self) -> bool:
        """Whether this phase replaces or deletes something upstream of a frozen resource."""
        gone = _destroyed(self.plan)
        if not gone or not self.cut.frozen:
            return False
        return any(wanted & gone for wanted in above(self.ir, self.at.snapshot, self.cut.frozen).values())

    @cached_property
    def first(self) -> frozenset[str]:
        """Frozen ids whose old object must be destroyed in this phase, before its upstream; a preview says so."""
        if self.seen is None or not self.cut.frozen:
            return frozenset()
        ir, snapshot = self.ir, self.at.snapshot
        gone, destroyed = _destroyed(self.plan), _destroyed(self.seen)
        needs, late = above(ir, snapshot, self.cut.frozen), creates_first(ir, snapshot)

        def goes(i: str) -> bool:
            address = ir.resources[i].address
            # The engine would see a cycle: what is created before it is destroyed never goes first.
            waits = i in late or stored_address(ir, snapshot, address) in snapshot.creates_first
            return address in destroyed and not waits and bool(needs[i] & gone)

        return frozenset(filter(goes, self.cut.frozen))

    @property
    def prevented(self) -> tuple[str, ...]:
        """Ids that would be destroyed first although `preventDestroy` forbids it."""
        return tuple(i for i in sorted(self.first) if self.ir.resources[i].meta.prevent_destroy)

    def refused(self, announced: Announced, changes: Iterable[Planned] | None = None) -> tuple[Diagnostic, ...]:
        """The objections of the guard; without any it may be applied. `changes`: those of its plan to check."""
        return guard(self.ir, self.changes if changes is None else changes, announced, going=self._going)

    @cached_property
    def _going(self) -> dict[str, str]:
        """Of what goes first in this phase: address in the state, an old one where it is renamed -> address now."""
        now = (self.ir.resources[i].address for i in self.cut.first)
        return {stored_address(self.ir, self.at.snapshot, address): address for address in now}

    def late(self, announced: Announced, *, everything: bool) -> tuple[Planned, ...]:
        """What could not be predicted and is asked about now. `everything`: not only what is destroyed."""
        if everything:
            exactly = replace(announced, strict=True)
            return tuple(c for c in self.changes if not exactly.covers(exactly.name(c.addr), c.action))
        told = {a for a, action in announced.actions.items() if action in DESTRUCTIVE}
        named = {c: announced.name(self._going.get(c.addr, c.addr)) for c in self.changes if c.action in DESTRUCTIVE}
        return tuple(c for c, name in named.items() if name not in told)


def decide(at: Position, *, first: Iterable[str] = (), failure: NivisError | None = None) -> Phase:
    """The next phase; `first`: held ids whose old object is destroyed in it."""
    return Phase(at, cut(at, first=first), failure=failure)


def _destroyed(plan: PlanResult | None) -> set[str]:
    return {bare(c.addr) for c in plan.changes if c.action in DESTRUCTIVE} if plan else set()
