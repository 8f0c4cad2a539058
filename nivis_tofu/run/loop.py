"""The loop: settle, guard, apply, harvest, until nothing is unresolved (design, "One run").

Data: start -> Position -> settle -> Phase -> guard -> the engine's apply -> a new snapshot -> the next Position.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from nivis_tofu.core.errors import GuardError, NivisError, NixError
from nivis_tofu.core.events import Broke, Stage, Warned
from nivis_tofu.core.outcome import Applied, Line, Preview
from nivis_tofu.ir.model import IR
from nivis_tofu.run import asking, destruction, ending, forecast, policy, refusals
from nivis_tofu.run.decide import announce, exclude, outlook
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.decide.deposed import still_in_use
from nivis_tofu.run.decide.held import cut, managed
from nivis_tofu.run.decide.look import straight
from nivis_tofu.run.decide.pace import Pace
from nivis_tofu.run.decide.phase import Phase, decide
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.looking import Looking
from nivis_tofu.run.module import as_one_plan, render
from nivis_tofu.run.session import Session
from nivis_tofu.run.settle import no_progress, plan, settle
from nivis_tofu.run.start import own
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.address_syntax import Address, bare
from nivis_tofu.tofu.argv import ApplyOptions
from nivis_tofu.tofu.results import ApplyFailed, ApplyResult

Ask = Callable[[Session, Preview], bool]


class Run(Looking):
    """One run of one verb. `ask` is called with what will be destroyed before it is; False stops the run."""

    def __init__(self, session: Session, ask: Ask | None = None, stop_after: int | None = None) -> None:
        super().__init__(session)
        self.ask, self.stop_after = ask, stop_after
        self.begun = time.monotonic()
        self.total, self.outputs_changed, self.destroying = 0, False, False
        self.unstarted: list[str] = []
        self.moving: set[str] = set()
        self.pace = Pace(session.options.max_phases)

    @as_one_plan
    def apply(self) -> Applied:
        """Apply phase after phase. A failure is part of the result, with what was done before it."""
        return self._result(self._apply)

    def destroy(self) -> Applied:
        """Destroy everything in the state, dependants first."""
        return self._result(self._destroy)

    def _begin(self) -> None:
        """From here on things are done."""
        own(self.session)
        self.record.journal.begin()

    def _result(self, run: Callable[[], bool]) -> Applied:
        """`run` says whether nothing is left to do."""
        try:
            done = Applied(self.record.tally, 0, complete=run())
        except NivisError as error:
            located = self.session.locator.located(error)
            self.session.emit(Broke(located))
            done = ending.failed(self.session, self.record, located, self.unstarted)
        outputs = {} if self.destroying or done.error else ending.outputs(self.session, self.at.snapshot)
        done = replace(done, total=self.total, outputs_changed=self.outputs_changed, outputs=outputs)
        return replace(done, seconds=time.monotonic() - self.begun)

    def _apply(self) -> bool:
        at = self.start()
        self.record.tell_interruption(at.snapshot)
        self.session.check(at.ir)
        self.session.warn(at.ir)
        self._begin()
        self.total = len(managed(at.ir, at.snapshot))
        # Whoever is asked about everything, or may refuse it, is told all of it first.
        told_first = policy.wanted(self.session) or (self.ask and asking.always(self.session))
        if straight(at) and not told_first:
            phase = decide(at)
            self.unstarted = [r.id for r in at.ir.managed]
            if phase.cut.include:
                try:
                    phase = self._first_phase(phase)
                except ApplyFailed as error:
                    if error.died or self.record.tally.acted or not self.session.back_to_phases(error):
                        raise
                    return self._phases(self.session.chosen(at), None)
                at = self._harvest(phase)
                if self._fixpoint(at, phase):
                    return True
            del phase  # what a large configuration was in it is not needed any more
        return self._phases(at, None)

    def _first_phase(self, phase: Phase) -> Phase:
        """An empty state: nothing can be lost, so the first phase is applied without a plan."""
        session, at = self.session, phase.at
        session.build(at.ir, phase.cut.include)
        module = render(session, at, phase.cut.include)
        session.workdir.write(module)
        session.emit(Stage("applying", at.phase))
        self.record.outlook(outlook.from_nothing(phase.schedule))
        options = exclude.phase(at, phase.cut, session.options)
        made = [i for i in phase.cut.include if at.ir.resources[i].mode != "data"]
        self.record.run_phase(
            lambda: self._applied(lambda given: session.tofu.apply_direct(options, given)), first=sorted(made)
        )
        self.outputs_changed = True
        return phase.with_(digest=module.digest)

    def _phases(self, at: Position, announced: Announced | None) -> bool:
        """Phase after phase from here; `announced` None: the first plan is the announcement."""
        seen: dict[str, int] = {}
        unseen = announced is not None
        """Have checks not seen the plan of this phase?"""
        while True:
            if self.pace.over:
                raise refusals.too_many_phases(self.pace, self.moving)
            if self.stop_after is not None and at.phase > self.stop_after:
                return False
            self.session, phase = settle(self.session, at)
            self.session.check(phase.ir)
            self.total = len(managed(phase.ir, at.snapshot))
            self.learn(phase.at)
            if announced is None or phase.upstream_goes:
                phase = forecast.of(self.session, phase)
                if announced is None:
                    announced, unseen = phase.announced, False
                    self.record.outlook(forecast.outlook(phase))
                    self._refuse(self.checked(phase))
                    self._approve(phase.preview)
                phase = self._with_first(phase)
            if phase.idle:
                if phase.cut.held:
                    raise no_progress(phase)
                self.record.journal.note("finished")
                return True
            self._guard(phase, announced)
            self._refuse(self.checked(phase) if unseen else ())
            unseen = True
            announced = self._approve_late(phase, announced)
            seen[phase.digest] = seen.get(phase.digest, 0) + 1
            if seen[phase.digest] > 2:
                raise refusals.oscillates({self.record.id_of(c.addr) for c in phase.changes})
            self._expect(phase.at)
            self.unstarted = sorted(phase.cut.held)
            self.moving = {self.record.id_of(c.addr) for c in phase.changes} | phase.cut.held
            self.outputs_changed = self.outputs_changed or phase.shows_outputs
            self._apply_saved(phase.ir, phase.changes)
            partial = self.session.one_plan and self.session.one_plan.partial
            announced = announced.after(self.record.applied if partial else phase.changes)
            at = self._harvest(phase)
            if self._fixpoint(at, phase):
                return True

    def _destroy(self) -> bool:
        at = self.start()
        self.record.tell_interruption(at.snapshot, destroys=True)
        going = destruction.going(self.session, at)
        preview = destruction.announced(at, going)
        self.total = len(preview.lines)
        if not at.snapshot.addresses and not at.snapshot.outputs:
            # Whoever holds the lock may be making what is to be destroyed.
            if self.session.options.locking.lock:
                self.session.tofu.touch_lock(self.session.options.locking)
            return True
        options = destruction.prepared(self.session, at, going)
        self.record.outlook(outlook.announced(((x.id, x.action) for x in preview.lines), 1))
        self._refuse(self.checked_destruction(options))
        self._approve(preview)
        self._begin()
        self.unstarted, self.destroying = [line.id for line in preview.lines], True
        self.session.emit(Stage("destroying"))
        self.record.run_phase(lambda: self._applied(lambda given: self.session.tofu.apply_direct(options, given)))
        if not self.session.options.selection:
            self.session.workdir.remembered.put_ids({})
        return True

    def _harvest(self, phase: Phase) -> Position:
        """After an apply: the new state, its ledger, and what Nix makes of it."""
        acted = {change.addr for change in self.record.applied}
        self.pace = self.pace.after(len(acted), len(phase.cut.held) + len(phase.ir.groups))
        before, session = phase.at.snapshot, self.session
        fresh = session.workdir.state.snapshot()
        if before.lineage and fresh.lineage != before.lineage:
            raise refusals.foreign_change(before, fresh)
        included = frozenset(phase.ir.resources[i].address for i in phase.cut.include)
        self.at = at = session.hiding(phase.at.harvested(fresh, included))
        session.record(at.with_(evaluation=phase.at.evaluation))
        try:
            self.session, self.at = session.evaluate(at)
            return self.at
        except NixError:
            return at  # settling finds out what to do about it

    def _fixpoint(self, at: Position, phase: Phase) -> bool:
        """Is the IR with the final outputs the one that was applied, whole?"""
        if at.evaluation is None or not phase.cut.whole:
            return False
        fresh = cut(at)
        if not fresh.whole or render(self.session, at, fresh.include).digest != phase.digest:
            return False
        self.record.journal.note("finished")
        return True

    def _refuse(self, found: tuple[policy.Refusal, ...]) -> None:
        """Raise NivisError if a check refuses what is about to be done."""
        if found:
            raise policy.refused(found, late=self._begun)

    def _approve(self, preview: Preview) -> None:
        """Ask about what is destroyed or replaced, or about any change, where there is somebody to ask."""
        if preview.destructive and self.session.options.no_destroy:
            raise refusals.no_destroy(preview, late=self._begun)
        if self.ask is None or not (preview.destructive or (asking.always(self.session) and not preview.empty)):
            return
        asked = time.monotonic()
        if not self.ask(self.session, replace(preview, entire=announce.is_entire(preview, self.at.snapshot))):
            raise refusals.declined(before=not self._begun)
        self.begun += time.monotonic() - asked

    @property
    def _begun(self) -> bool:
        """Has this run done something already?"""
        return bool(self.record.tally.acted)

    def _approve_late(self, phase: Phase, announced: Announced) -> Announced:
        """Ask about what nobody could tell before this phase: members of groups that are known only now."""
        late = phase.late(announced, everything=asking.always(self.session))
        lines = tuple(Line(str(c.action), self.record.id_of(c.addr), Address.parse(c.addr).type) for c in late)
        self._approve(Preview(lines))
        return replace(announced, actions={**announced.actions, **{c.addr: str(c.action) for c in late}})

    def _with_first(self, phase: Phase) -> Phase:
        """Plan again without protecting what goes first: the old object goes before its upstream."""
        if not phase.first:
            return phase
        if phase.prevented:
            raise refusals.prevented(*phase.prevented, late=self._begun)
        return plan(self.session, decide(phase.at, first=phase.first, failure=phase.failure))

    def _guard(self, phase: Phase, announced: Announced) -> None:
        """Refuse what was not announced. The removal of deposed objects is fine; the stream cannot tell it apart."""
        changes, deposed = phase.changes, phase.at.snapshot.deposed
        if any(bare(c.addr) in deposed for c in changes):
            shown, _ = self.session.tofu.show_plan(self.session.workdir.plan_file)
            acting = {c.address for c in shown.changes if not c.deposed and c.action != "noop"}
            changes = tuple(c for c in changes if c.addr in acting or bare(c.addr) not in deposed)
        if problems := phase.refused(announced, changes):
            raise GuardError(*problems)

    def _expect(self, at: Position) -> None:
        """Nobody else has written the state since it was read."""
        now = self.session.workdir.state.snapshot()
        if now.version != at.snapshot.version:
            raise refusals.foreign_change(at.snapshot, now)

    def _applied(self, apply: Callable[[ApplyOptions], ApplyResult]) -> ApplyResult:
        return self.session.applied(apply, first=self.record.phase == 1)

    def _apply_saved(self, ir: IR | None, planned: Iterable[m.Planned]) -> None:
        self.session.emit(Stage("applying", self.record.phase))
        file = self.session.workdir.plan_file
        try:
            self.record.run_phase(
                lambda: self._applied(lambda options: self.session.tofu.apply(file, options)), planned
            )
        except ApplyFailed as error:
            kept = still_in_use(ir, error.result) if ir and not error.died else ()
            if not kept:
                raise
            for name in map(self.record.id_of, kept):
                self.record.forgive(name)
                self.session.emit(Warned(refusals.still_in_use(name, error)))
