"""The loop: settle, guard, apply, harvest, until nothing is unresolved (design, "One run").

Data: Session.start -> settle -> Settled -> guard -> the engine's apply -> a new snapshot -> the next phase.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.events import Stage, Warned
from nivis_tofu.core.outcome import Applied, Line, Preview
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import asking, ending, exclude, forecast, plan_details, refusals
from nivis_tofu.run.decide import outlook, planner
from nivis_tofu.run.decide.planner import Announced, Cut
from nivis_tofu.run.decide.select import Going
from nivis_tofu.run.forecast import Forecast
from nivis_tofu.run.recorder import Recorder
from nivis_tofu.run.session import Evaluated, Session
from nivis_tofu.run.settle import Settled, no_progress, plan_phase, settle
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.address import Address, bare
from nivis_tofu.tofu.argv import PlanOptions
from nivis_tofu.tofu.results import ApplyFailed

Ask = Callable[[Preview], bool]


@dataclass
class Position:
    """Where a run is: what is known, and an evaluation with exactly that, if there is one."""

    ledger: Ledger
    snapshot: Snapshot
    current: Evaluated | None


class Run:
    """One run of one verb. `ask` is called with what goes before anything is destroyed; False stops."""

    def __init__(self, session: Session, ask: Ask | None = None, stop_after: int | None = None) -> None:
        self.session, self.ask, self.stop_after = session, ask, stop_after
        self.record = Recorder(session)
        self.total = 0
        self.outputs_changed = False
        self.waiting: list[str] = []
        self.destroying = False
        self.moving: set[str] = set()
        self.begun = time.monotonic()

    def plan(self) -> Preview:
        """What an apply would do over all phases; nothing is changed."""
        now, ledger, snapshot = self.start()
        self.session.check(now.ir)
        if self._straight(now.ir, snapshot):
            cut = self._cut(now.ir, ledger, snapshot)
            if cut.held:
                return forecast.ahead(self.session, now, ledger, snapshot, cut).preview
        return self.look(now, ledger, snapshot)[1].preview

    def look(self, now: Evaluated, ledger: Ledger, snapshot: Snapshot) -> tuple[Settled, Forecast]:
        """The first phase, settled, and what is to be expected of all."""
        settled = settle(self.session, ledger, snapshot, 1, None if self.session.stuck else now)
        self.record.learn(settled.ir, snapshot)
        look = forecast.of(self.session, settled, snapshot)
        if not settled.plan.has_changes and settled.cut.held and not look.preview.changes:
            raise no_progress(settled)
        return settled, look

    def plan_destroy(self) -> Preview:
        """What a destroy would do."""
        now, ledger, snapshot = self.start()
        preview = self._leaving(now, snapshot, self._going(now, snapshot))
        return plan_details.removed(self.session, preview, now.full, ledger) if self.session.options.detail else preview

    def apply(self) -> Applied:
        """Apply phase after phase. A failure is part of the result, with what was done before it."""
        return self._result(self._apply)

    def destroy(self) -> Applied:
        """Destroy everything in the state, dependants first."""
        return self._result(self._destroy)

    def start(self) -> tuple[Evaluated, Ledger, Snapshot]:
        """Session.start; a state that an earlier run could not save has to be dealt with first."""
        if rescued := self.session.space.rescue():
            raise refusals.unsaved(rescued)
        now, ledger, snapshot = self.session.start()
        self.record.learn(now.ir, snapshot)
        return now, ledger, snapshot

    def _begin(self) -> None:
        """From here on things are done."""
        self.session.own()
        self.record.journal.begin()

    def _result(self, run: Callable[[], bool]) -> Applied:
        """`run` says whether nothing is left to do."""
        try:
            done = Applied(self.record.tally, 0, complete=run())
        except NivisError as error:
            self.session.locate(error)
            done = ending.failed(self.session, self.record, error, self.waiting)
        outputs = {} if self.destroying or done.error else ending.outputs(self.session)
        done = replace(done, total=self.total, outputs_changed=self.outputs_changed, outputs=outputs)
        return replace(done, seconds=time.monotonic() - self.begun)

    def _apply(self) -> bool:
        now, ledger, snapshot = self.start()
        self.record.tell_interruption(snapshot)
        self.session.check(now.ir)
        self._begin()
        self.total = len(planner.managed(now.ir, snapshot))
        at = Position(ledger, snapshot, None if self.session.stuck else now)
        # Whoever is asked about everything is told all of it first.
        straight = self._straight(now.ir, snapshot) and not (self.ask and asking.always(self.session))
        if straight and self._first_phase(now, at):
            return True
        return self._phases(at, None)

    def _first_phase(self, now: Evaluated, at: Position) -> bool:
        """An empty state: nothing can be lost, so the first phase is applied without a plan. True: that was all."""
        cut = self._cut(now.ir, at.ledger, at.snapshot)
        self.waiting = [i for i in now.ir.resources if now.ir.resources[i].mode == "managed"]
        if not cut.include:
            return False
        self.session.build(now.ir, cut.include)
        module = self.session.render(now.ir, cut.include, at.ledger)
        self.session.space.write(module)
        self.session.emit(Stage("applying", self.record.phase))
        self.record.outlook(outlook.from_nothing(now.ir))
        options = exclude.phase(self.session, cut, now.ir, out=None)
        self.record.run_phase(lambda: self.session.tofu.apply_direct(options, self.session.apply_options()))
        self.outputs_changed = True
        self._harvest(at, now.ir, cut)
        return self._fixpoint(at, cut, module.digest)

    def _phases(self, at: Position, announced: Announced | None) -> bool:
        """Phase after phase from here; `announced` None: the first plan is the announcement."""
        seen: dict[str, int] = {}
        while True:
            if self.record.phase > self.session.options.max_phases:
                raise refusals.too_many_phases(self.session.options.max_phases, self.moving)
            if self.stop_after is not None and self.record.phase > self.stop_after:
                return False
            settled = settle(self.session, at.ledger, at.snapshot, self.record.phase, at.current)
            self.session.check(settled.ir)
            self.total = len(planner.managed(settled.ir, at.snapshot))
            self.record.learn(settled.ir, at.snapshot)
            first: frozenset[str] = frozenset()
            if announced is None or self._upstream_goes(settled, at.snapshot):
                look = forecast.of(self.session, settled, at.snapshot)
                first = look.first
                if announced is None:
                    announced = look.announced
                    self.record.outlook(forecast.outlook(settled, look.preview))
                    self._approve(look.preview)
            if first:
                settled = self._with_first(settled, at.snapshot, first)
            if not settled.plan.has_changes:
                if settled.cut.held:
                    raise no_progress(settled)
                self.record.journal.note("finished")
                return True
            self._guard(settled, announced, first, at.snapshot)
            announced = self._approve_late(settled, announced)
            digest = settled.module.digest
            seen[digest] = seen.get(digest, 0) + 1
            if seen[digest] > 2:
                raise refusals.oscillates({self.record.id_of(c.addr) for c in settled.plan.changes})
            self._expect(at.snapshot)
            self.waiting = sorted(settled.cut.held)
            self.moving = {self.record.id_of(c.addr) for c in settled.plan.changes} | settled.cut.held
            shown = any(not planner.module_of(name) for name in settled.plan.outputs)
            self.outputs_changed = self.outputs_changed or shown
            self._apply_saved(settled.ir, settled.plan.changes)
            announced = announced.after(settled.plan.changes)
            self._harvest(at, settled.ir, settled.cut)
            if self._fixpoint(at, settled.cut, digest):
                return True

    def _destroy(self) -> bool:
        now, ledger, snapshot = self.start()
        going = self._going(now, snapshot)
        preview = self._leaving(now, snapshot, going)
        if not snapshot.addresses and not snapshot.outputs:
            # Whoever holds the lock may be making what is to be destroyed.
            if self.session.options.locking.lock:
                self.session.tofu.touch_lock(self.session.options.locking)
            return True
        options = self._destruction(now, ledger, snapshot, going)
        self.record.outlook(outlook.announced(((x.id, x.action) for x in preview.lines), 1))
        self._approve(preview)
        self._begin()
        self.waiting, self.destroying = [line.id for line in preview.lines], True
        self.session.emit(Stage("destroying"))
        self.record.run_phase(lambda: self.session.tofu.apply_direct(options, self.session.apply_options()))
        return True

    def _leaving(self, now: Evaluated, snapshot: Snapshot, going: Going) -> Preview:
        """What a destroy takes; an error if something of it must not go."""
        held = [r.id for r in now.full.managed if r.meta.prevent_destroy and r.address in going.addresses]
        if held:
            raise refusals.prevented(*held)
        preview = forecast.destruction(now.full, snapshot, going)
        self.total = len(preview.lines)
        return preview

    def _destruction(self, now: Evaluated, ledger: Ledger, snapshot: Snapshot, going: Going) -> PlanOptions:
        """Write the module that is needed to destroy; the flags of its plan."""
        cut = self._cut(now.full, ledger, snapshot)
        usable = set(now.full.providers) - cut.waiting
        include = planner.wanted_to_destroy(now.full) & cut.include
        module = self.session.render(now.full, include, ledger, providers=usable, frozen_references=True)
        self.session.space.write(replace(module, document=forecast.without_outputs(module.document)))
        return exclude.destruction(self.session, snapshot, going)

    def _going(self, now: Evaluated, snapshot: Snapshot) -> Going:
        return self.session.options.selection.going(now.full, snapshot, self.session.space.remembered.ids())

    def _cut(self, ir: IR, ledger: Ledger, snapshot: Snapshot) -> Cut:
        return planner.cut(ir, ledger, snapshot, kind=self.session.tofu.kind)

    def _straight(self, ir: IR, snapshot: Snapshot) -> bool:
        """An empty state can be applied without a plan, unless that plan would know what Nix waits for."""
        special = ir.foreign or ir.parts or {"import", "moved", "removed"} & ir.extra.keys()
        return not snapshot.instances and not special and not planner.unplanned_look_needed(ir)

    def _harvest(self, at: Position, ir: IR, cut: Cut) -> None:
        """After an apply: the new state, its ledger, and what Nix makes of it."""
        included = {ir.resources[i].address for i in cut.include}
        self.session.refreshed |= included
        self.session.replaced |= included
        fresh = self.session.space.snapshot()
        if at.snapshot.lineage and fresh.lineage != at.snapshot.lineage:
            raise refusals.foreign_change(at.snapshot, fresh)
        at.ledger, at.snapshot = self.session.ledger(fresh, ir), fresh
        try:
            at.current = self.session.evaluate(at.ledger, self.record.phase)
        except NixError:
            at.current = None  # settling finds out what to do about it

    def _fixpoint(self, at: Position, cut: Cut, digest: str) -> bool:
        """Is the IR with the final outputs the one that was applied, whole?"""
        if at.current is None or not cut.whole:
            return False
        fresh = self._cut(at.current.ir, at.ledger, at.snapshot)
        if not fresh.whole or self.session.render(at.current.ir, fresh.include, at.ledger).digest != digest:
            return False
        self.record.journal.note("finished")
        return True

    def _approve(self, preview: Preview) -> None:
        """Ask about what is destroyed or replaced, or about any change, where there is somebody to ask."""
        if preview.destructive and self.session.options.no_destroy:
            raise refusals.no_destroy(preview, late=self._begun)
        if self.ask is None or not (preview.destructive or (asking.always(self.session) and not preview.empty)):
            return
        asked = time.monotonic()
        if not self.ask(replace(preview, entire=forecast.is_entire(preview, self.session.snapshot))):
            raise refusals.declined(before=not self._begun)
        self.begun += time.monotonic() - asked

    @property
    def _begun(self) -> bool:
        """Has this run done something already?"""
        return bool(self.record.tally.acted)

    def _approve_late(self, settled: Settled, announced: Announced) -> Announced:
        """Ask about what nobody could tell before this phase: members of groups that are known only now."""
        told = {a for a, action in announced.actions.items() if action in planner.DESTRUCTIVE}
        if asking.always(self.session):
            exactly = replace(announced, strict=True)
            late = [c for c in settled.plan.changes if not exactly.covers(exactly.name(c.addr), c.action)]
        else:
            late = [c for c in settled.plan.changes if c.action in planner.DESTRUCTIVE]
            late = [c for c in late if announced.name(c.addr) not in told]
        lines = tuple(Line(str(c.action), self.record.id_of(c.addr), Address.parse(c.addr).type) for c in late)
        self._approve(Preview(lines))
        return replace(announced, actions={**announced.actions, **{c.addr: str(c.action) for c in late}})

    def _upstream_goes(self, settled: Settled, snapshot: Snapshot) -> bool:
        """Has a frozen resource something upstream that this phase replaces or deletes?"""
        going = {bare(c.addr) for c in settled.plan.changes if c.action in planner.DESTRUCTIVE}
        if not going or not settled.cut.frozen:
            return False
        above = planner.upstream(settled.ir, snapshot, settled.cut.frozen)
        return any(targets & going for targets in above.values())

    def _with_first(self, settled: Settled, snapshot: Snapshot, first: frozenset[str]) -> Settled:
        """Plan again without protecting `first`: the old object goes before its upstream."""
        kept = [i for i in sorted(first) if settled.ir.resources[i].meta.prevent_destroy]
        if kept:
            raise refusals.prevented(*kept, late=self._begun)
        cut = planner.cut(settled.ir, settled.ledger, snapshot, first=first, kind=self.session.tofu.kind)
        return plan_phase(self.session, settled.now, settled.ledger, cut, self.record.phase, settled.failure)

    def _guard(self, settled: Settled, announced: Announced, first: Iterable[str], snapshot: Snapshot) -> None:
        """Refuse what was not announced. The removal of deposed objects is fine; the stream cannot tell it apart."""
        changes: list[m.Planned] = list(settled.plan.changes)
        if any(bare(c.addr) in snapshot.deposed for c in changes):
            shown, _ = self.session.tofu.show_plan(self.session.space.plan_file)
            acting = {c.address for c in shown.changes if not c.deposed and c.action != "noop"}
            changes = [c for c in changes if c.addr in acting or bare(c.addr) not in snapshot.deposed]
        planner.guard(settled.ir, changes, announced, first=first)

    def _expect(self, snapshot: Snapshot) -> None:
        """Nobody else has written the state since it was read."""
        now = self.session.space.snapshot()
        if now.version != snapshot.version:
            raise refusals.foreign_change(snapshot, now)

    def _apply_saved(self, ir: IR | None, planned: Iterable[m.Planned]) -> None:
        self.session.emit(Stage("applying", self.record.phase))
        file = self.session.space.plan_file
        try:
            self.record.run_phase(lambda: self.session.tofu.apply(file, self.session.apply_options()), planned)
        except ApplyFailed as error:
            kept = self._still_in_use(ir, error) if ir else []
            if not kept:
                raise
            tally = self.record.tally
            for name in map(self.record.id_of, kept):
                tally.failed = [i for i in tally.failed if i != name]
                tally.unfinished = [i for i in tally.unfinished if i != name]
                self.session.emit(Warned(refusals.still_in_use(name, error)))
        finally:
            file.unlink(missing_ok=True)

    def _still_in_use(self, ir: IR, error: ApplyFailed) -> list[str]:
        """Addresses whose new object exists and whose old one could not go yet; empty: a real failure.

        With createBeforeDestroy an upstream's old object goes in its own phase, before dependants that Nix computes
        have moved on. What cannot go stays in the state as deposed, and a later phase removes it.
        """
        # Of a deposed object the stream tells neither an end nor a failure: it stays unfinished.
        ended: list[m.ApplyErrored | m.ApplyStart] = [*error.result.errored, *error.result.unfinished]
        created = {c.addr for c in error.result.complete if c.action == "create"}
        known = ir.by_address
        fine = all(
            e.action == "delete" and e.addr in created and e.addr in known and known[e.addr].meta.create_before_destroy
            for e in ended
        )
        return [e.addr for e in ended] if fine else []
