"""What a run would do: the part of it that changes nothing.

Data: start -> Position -> settle -> Phase -> forecast -> Preview, and what the user's checks say of the plan.
"""

from __future__ import annotations

from dataclasses import replace

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Preview
from nivis_tofu.run import destruction, forecast, plan_details, policy, refusals
from nivis_tofu.run.decide.look import straight
from nivis_tofu.run.decide.phase import Phase, decide
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.module import as_one_plan
from nivis_tofu.run.recorder import Recorder
from nivis_tofu.run.session import Session
from nivis_tofu.run.settle import no_progress, settle
from nivis_tofu.run.start import first, ready
from nivis_tofu.tofu.argv import PlanOptions


class Looking:
    """A run that only looks."""

    def __init__(self, session: Session) -> None:
        self.record = Recorder(session)
        self.session = session.with_engine(on_message=self.record.message)
        self.at = Position()
        """Where the run stands."""
        self.refusals: tuple[policy.Refusal, ...] = ()
        """What checks say of a plan that is shown."""

    @as_one_plan
    def plan(self) -> Preview:
        """What an apply would do over all phases; nothing is changed."""
        at = self.start()
        self.session.check(at.ir)
        self.session.warn(at.ir)
        if straight(at) and not policy.wanted(self.session) and (phase := decide(at)).cut.held:
            return forecast.of(self.session, phase).preview
        phase = self.look(at)
        self.refusals = self.checked(phase)
        return phase.preview

    def look(self, at: Position) -> Phase:
        """The first phase, settled, and the forecast for all phases."""
        self.session, phase = settle(self.session, at)
        self.learn(phase.at)
        phase = forecast.of(self.session, phase)
        if phase.idle and phase.cut.held and not phase.preview.changes:
            raise no_progress(phase)
        return phase

    def plan_destroy(self) -> Preview:
        """What a destroy would do."""
        at = self.start()
        going = destruction.going(self.session, at)
        preview = destruction.announced(at, going)
        if policy.wanted(self.session) and not preview.empty:
            self.refusals = self.checked_destruction(destruction.prepared(self.session, at, going))
        return plan_details.removed(self.session, preview, at.whole) if self.session.detail else preview

    def start(self) -> Position:
        """The position of the run. Raises NivisError if an earlier run could not save its state."""
        if rescued := self.session.workdir.state.rescue():
            raise refusals.unsaved(rescued)
        self.session, at = first(self.session)
        self.record.learn(at)
        self.session, self.at = ready(self.session, at)
        self.record.learn(self.at)
        return self.at

    def learn(self, at: Position) -> None:
        """Remember the present ids for later runs."""
        self.session.record(at)
        self.record.learn(at)

    def refused(self, *, late: bool) -> NivisError:
        """The error for what checks refuse. `late`: something has been done already."""
        return policy.refused(self.refusals, late=late)

    def checked(self, phase: Phase) -> tuple[policy.Refusal, ...]:
        """What checks say of a phase that is planned."""
        if phase.idle:
            return ()
        file, later = self.session.workdir.plan_file, forecast.later(phase)
        return policy.refusals(self.session, file, later, whole=phase.cut.whole)

    def checked_destruction(self, options: PlanOptions) -> tuple[policy.Refusal, ...]:
        """What checks say of a destroy, which is planned only for them."""
        if not policy.wanted(self.session):
            return ()
        file = self.session.workdir.plan_file
        self.session.tofu.plan(replace(options, out=str(file)))
        return policy.refusals(self.session, file, (), whole=True)
