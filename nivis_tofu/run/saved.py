"""Saved plans: `plan -out F` writes the engine's plan of the next phase to F, `apply F` applies exactly that.

Data: Run.look -> the engine's plan and a Sidecar beside it -> checked against state and flake -> one apply, and
with `all_phases` the phases after it, which may only refine what was announced.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from nivis_tofu.core.errors import IRError, NixError, PlanStale
from nivis_tofu.core.events import Told
from nivis_tofu.core.outcome import Applied, Preview
from nivis_tofu.run import approval, destruction, plan_details, policy, refresh, refusals, seal
from nivis_tofu.run import sidecar as planfile
from nivis_tofu.run.decide import outlook
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.decide.held import cut, managed
from nivis_tofu.run.decide.phase import decide
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.forecast import later
from nivis_tofu.run.loop import Run
from nivis_tofu.run.module import as_one_plan
from nivis_tofu.run.refresh import Refreshed
from nivis_tofu.run.sidecar import Mode, Sidecar
from nivis_tofu.system import destination
from nivis_tofu.system.files import copy_file
from nivis_tofu.tofu.address_syntax import bare


class SavedRun(Run):
    """A run whose plan goes to a file or comes from one."""

    @as_one_plan
    def plan_to(self, out: Path) -> Preview:
        """What an apply would do over all phases; the next phase's plan is kept."""
        self.free(out)
        at = self.start()
        self.session.check(at.ir)
        self.session.warn(at.ir)
        look = self.look(at)
        phase = self._with_first(look)
        self._guard(phase, look.announced)
        self.refusals = self.checked(phase)
        self._save(out, at, look.announced, whole=phase.cut.whole, later=later(look), outputs=phase.shows_outputs)
        return look.preview

    def plan_destroy_to(self, out: Path) -> Preview:
        """What a destroy would do, with the engine's plan of it kept."""
        self.free(out)
        at = self.start()
        going = destruction.going(self.session, at)
        preview = destruction.announced(at, going)
        options = replace(destruction.prepared(self.session, at, going), out=str(self.session.workdir.plan_file))
        plan = self.session.tofu.plan(options)
        actions = {c.addr: str(c.action) for c in plan.changes}
        self.refusals = policy.refusals(self.session, self.session.workdir.plan_file, (), whole=True)
        self._save(out, at, Announced(actions), mode="destroy", outputs=bool(plan.outputs))
        return plan_details.removed(self.session, preview, at.whole) if self.session.detail else preview

    def plan_refresh_to(self, out: Path) -> Refreshed:
        """What drifted, with the engine's plan kept that writes it down."""
        self.free(out)
        at = self.start()
        found = refresh.refreshed(self.session, at, write=False, keep=True)
        self._save(out, at, Announced(), mode="refresh-only")
        return found

    def apply_file(self, plan: Path, *, all_phases: bool = False) -> Applied:
        """Apply exactly this plan; `all_phases`: then go on through phases that only refine what it announced."""
        return self._result(lambda: self._apply_known(plan, all_phases))

    def _apply_known(self, plan: Path, all_phases: bool) -> bool:
        sidecar = planfile.read(plan)
        wish: Literal["on", "off"] = "on" if sidecar.calls else "off"
        self.session = self.session.with_options(one_plan=wish)
        return self._apply_as_one(plan, sidecar, all_phases)

    def makes(self, plan: Path) -> str:
        """What makes such a plan again, as users are told."""
        return f"`nivis plan -out {plan.name}`"

    def free(self, out: Path) -> None:
        """Refuse a place where something would be lost; known before the plan is made."""
        places = self.session.workdir.destinations
        places.file(out, "a plan", planfile.is_plan)
        places.file(planfile.beside(out), "the sidecar of a plan", planfile.is_sidecar)

    def _save(
        self,
        out: Path,
        at: Position,
        announced: Announced,
        *,
        mode: Mode = "normal",
        whole: bool = True,
        later: planfile.Later = (),
        outputs: bool = False,
    ) -> None:
        """The plan file to where the user wants it, and its sidecar beside it."""
        self.free(out)  # where the state lies is certain only now
        plain, sealed = approval.variables(self.session, at.now)
        destination.put(self.session.workdir.plan_file, out)
        Sidecar(
            plan_hash=planfile.digest(out),
            ir_seal=seal.seal(approval.configuration(self.session, at.now)),
            flake_hash=planfile.flake_digest(self.session.workdir.project),
            lineage=at.snapshot.lineage,
            serial=at.snapshot.serial,
            whole=whole,
            announced=announced,
            later=later,
            mode=mode,
            variables=plain,
            sealed=sealed,
            outputs=outputs,
            ids={b: at.names.id_of(b) for b in sorted({bare(a) for a in announced.actions})},
            calls=self.session.one_plan.sealed(out) if self.session.one_plan and mode == "normal" else None,
        ).write(out)

    @as_one_plan
    def _apply_as_one(self, plan: Path, sidecar: Sidecar, all_phases: bool) -> bool:
        if self.session.one_plan and sidecar.calls:
            self.session.one_plan.resume(sidecar.calls, plan)
        self.session = self.session.with_options(variables=approval.again(sidecar, self.session, plan.name))
        try:
            at = self.start()
            self.total = len(managed(at.ir, at.snapshot))
        except (NixError, IRError):
            recalled = self.session.recalled()
            if recalled is None:
                raise
            self.session = recalled
            at = self.session.read(self.session.workdir.state.snapshot())
            self.record.learn(at)
        if (sidecar.lineage, sidecar.serial) != at.snapshot.version:
            raise PlanStale.of(
                "The plan is stale",
                f"{plan.name} was made for serial {sidecar.serial} of the state, which is at {at.snapshot.serial} now.",
                f"Make a new plan: {self.makes(plan)}.",
            )
        now = at.evaluation
        edited = now is None or not seal.fits(approval.configuration(self.session, now), sidecar.ir_seal)
        if sidecar.calls and (edited or not (self.session.one_plan and self.session.one_plan.fits(sidecar.calls))):
            raise refusals.another_flake(plan.name)
        if edited:
            self.session.emit(Told(f"The flake was edited since {plan.name} was made; the plan is applied as it is."))
        self.record.tell_interruption(at.snapshot, destroys=sidecar.mode == "destroy")
        self._begin()
        self.unstarted = [str(c["resource_change"]["nivis_id"]) for c in sidecar.later]
        self.destroying = sidecar.mode == "destroy"
        copy_file(plan, self.session.workdir.plan_file)
        copy, later = self.session.workdir.plan_file, sidecar.later
        self._refuse(policy.refusals(self.session, copy, later, whole=sidecar.whole))
        self.outputs_changed = sidecar.outputs
        unstarted = set(self.unstarted)
        told = [c for c in sidecar.announced.objects if self.record.id_of(c.addr) not in unstarted]
        ahead = sidecar.announced.objects if all_phases else told
        expected = ((self.record.id_of(c.addr), str(c.action)) for c in ahead)
        self.record.outlook(outlook.announced(expected, 0 if all_phases and not sidecar.whole else 1))
        self._apply_saved(now.ir if now else None, told)
        if self.session.one_plan:
            self.session.one_plan.resumed()
        if edited and all_phases and not sidecar.whole:
            raise refusals.not_approved(plan.name)
        if now is None or sidecar.mode != "normal":
            self.at = at.with_(snapshot=self.session.workdir.state.snapshot())
            return sidecar.whole
        at = self._harvest(decide(at))
        if not all_phases or edited:
            return sidecar.whole and bool(at.evaluation and cut(at).whole)
        return self._phases(at, sidecar.announced.after(self.record.applied))
