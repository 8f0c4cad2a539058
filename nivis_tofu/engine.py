"""The loop: settle, guard, apply, harvest, until nothing is unresolved (design, "One run").

Data: Session.start -> settle -> Settled -> guard -> the engine's apply -> a new snapshot -> the next phase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from nivis_tofu import forecast, planner
from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import EngineError, NivisError, NixError, NotConverged
from nivis_tofu.events import Done, Failed, Refreshing, Stage, Started, Told, Warned, Working
from nivis_tofu.forecast import Forecast
from nivis_tofu.ir import IR
from nivis_tofu.journal import Journal
from nivis_tofu.ledger import Ledger
from nivis_tofu.planner import Announced, Cut
from nivis_tofu.results import Applied, Preview, Tally
from nivis_tofu.session import Evaluated, Session
from nivis_tofu.settle import Settled, no_progress, plan_phase, settle
from nivis_tofu.state import Snapshot
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.argv import PlanOptions
from nivis_tofu.tofu.results import ApplyFailed, ApplyInterrupted, ApplyResult

Ask = Callable[[Preview], bool]


@dataclass
class Run:
    """One run of one verb. `ask` is called with what goes before anything is destroyed; False stops."""

    session: Session
    ask: Ask | None = None
    tally: Tally = field(default_factory=Tally)
    phase: int = 1

    def __post_init__(self) -> None:
        self.journal = Journal(self.session.space.root / "journal.jsonl")
        self.names: dict[str, str] = {}
        self.applying = False
        self.session.tofu.on_message = self._message

    def plan(self) -> Preview:
        """What an apply would do over all phases; nothing is changed."""
        now, ledger, snapshot = self.start()
        if self._straight(now.ir, snapshot):
            cut = planner.cut(now.ir, ledger, snapshot, kind=self.session.tofu.kind)
            if cut.held:
                return forecast.ahead(self.session, now, ledger, snapshot, cut).preview
        settled = settle(self.session, ledger, snapshot, 1, None if self.session.stuck else now)
        self._name(settled.ir, snapshot)
        forecast_ = forecast.of(self.session, settled, snapshot)
        if not settled.plan.has_changes and settled.cut.held and not forecast_.preview.changes:
            raise no_progress(settled)
        return forecast_.preview

    def apply(self) -> Applied:
        """Apply phase after phase. A failure is part of the result, with what was done before it."""
        total = 0
        outputs_changed = False
        waiting: list[str] = []
        try:
            now, ledger, snapshot = self.start()
            interrupted = self.journal.interruption()
            if interrupted:
                self._tell_interruption(interrupted.in_flight, snapshot)
            self.journal.begin()
            total = len(now.ir.managed)
            announced: Announced | None = None
            seen: dict[str, int] = {}
            current: Evaluated | None = None if self.session.stuck else now
            if self._straight(now.ir, snapshot):
                cut = planner.cut(now.ir, ledger, snapshot, kind=self.session.tofu.kind)
                waiting = self._names_of(now.ir, now.ir.resources)
                if cut.include:
                    module = self.session.render(now.ir, cut.include, ledger)
                    self.session.build(now.ir, cut.include)
                    self.session.space.write(module)
                    self._apply_direct(now.ir, cut)
                    self.session.refreshed |= {now.ir.resources[i].address for i in cut.include}
                    outputs_changed = True
                    fresh = self.session.space.snapshot()
                    ledger, snapshot = self.session.ledger(fresh, now.ir), fresh
                    current = None
                    if not cut.held:
                        again = self._evaluate(ledger)
                        if again and self._same(again, cut, ledger, snapshot, module.digest):
                            return self._end(total, outputs_changed)
                        current = again
            while True:
                if self.phase > self.session.options.max_phases:
                    raise self._cap()
                settled = settle(self.session, ledger, snapshot, self.phase, current)
                total = len(settled.ir.managed)
                self._name(settled.ir, snapshot)
                first: frozenset[str] = frozenset()
                look = None
                if announced is None or self._upstream_goes(settled, snapshot):
                    look = forecast.of(self.session, settled, snapshot)
                    first = look.first
                if announced is None and look is not None:
                    announced = look.announced
                    self._approve(look)
                if first:
                    settled = self._with_first(settled, snapshot, first)
                if not settled.plan.has_changes:
                    if settled.cut.held:
                        raise no_progress(settled)
                    return self._end(total, outputs_changed)
                self._guard(settled, announced, first, snapshot)
                digest = settled.module.digest
                seen[digest] = seen.get(digest, 0) + 1
                if seen[digest] > 2:
                    raise self._oscillates(settled)
                self._expect(snapshot)
                waiting = [settled.ir.resources[i].id for i in settled.cut.held]
                outputs_changed = outputs_changed or bool(settled.plan.outputs)
                self._apply_saved(settled.ir)
                included = {settled.ir.resources[i].address for i in settled.cut.include}
                self.session.refreshed |= included
                self.session.replaced |= included
                fresh = self.session.space.snapshot()
                self._own(snapshot, fresh)
                ledger, snapshot = self.session.ledger(fresh, settled.ir), fresh
                current = self._evaluate(ledger)
                if (
                    current is not None
                    and settled.cut.whole
                    and self._same(current, settled.cut, ledger, snapshot, digest)
                ):
                    return self._end(total, outputs_changed)
        except NivisError as error:
            if rescued := self.session.space.rescue():
                error.diagnostics = (*error.diagnostics, *_unsaved(rescued).diagnostics)
            done = set(self.tally.acted) | set(self.tally.failed) | set(self.tally.unfinished)
            return Applied(self.tally, total, outputs_changed, error, tuple(i for i in waiting if i not in done))

    def destroy(self) -> Applied:
        """Destroy everything in the state, dependants first."""
        try:
            now, ledger, snapshot = self.start()
            self._name(now.ir, snapshot)
            total = len(snapshot.managed)
            self._refuse_prevented(now.ir, snapshot)
            cut = planner.cut(now.ir, ledger, snapshot, kind=self.session.tofu.kind)
            module = self.session.render(
                now.ir, (), ledger, providers=set(now.ir.providers) - cut.waiting, frozen_references=True
            )
            self.session.space.write(replace(module, document=forecast.only_providers(module.document)))
            if not snapshot.addresses and not snapshot.outputs:
                return Applied(self.tally, 0)
            if self.session.options.no_destroy and snapshot.managed:
                raise _no_destroy(forecast.destruction(now.ir, snapshot))
            self.journal.begin()
            options = PlanOptions(
                mode="destroy",
                refresh=self.session.options.refresh,
                parallelism=self.session.options.parallelism,
                locking=self.session.options.locking,
                extra=self.session.options.engine_args,
            )
            if self.ask is not None and snapshot.managed and not self.ask(forecast.destruction(now.ir, snapshot)):
                raise NivisError.of("Nothing was destroyed", "The question was not answered with yes.")
            self.journal.note("phase", phase=1)
            self._count(lambda: self.session.tofu.apply_direct(options, self.session.apply_options()))
            return Applied(self.tally, total)
        except NivisError as error:
            return Applied(self.tally, 0, False, error)

    def start(self) -> tuple[Evaluated, Ledger, Snapshot]:
        """Session.start, and once more without trust if Nix throws on what the state says."""
        if rescued := self.session.space.rescue():
            raise _unsaved(rescued)
        now, ledger, snapshot = self.session.start()
        self._name(now.ir, snapshot)
        return now, ledger, snapshot

    def _straight(self, ir: IR, snapshot: Snapshot) -> bool:
        """An empty state can be applied without a plan, unless that plan would know what Nix waits for."""
        special = {"import", "moved", "removed"} & ir.extra.keys()
        return not snapshot.instances and not special and not planner.unplanned_look_needed(ir)

    def _evaluate(self, ledger: Ledger) -> Evaluated | None:
        """None: Nix threw on these values; settling finds out what to do about it."""
        try:
            return self.session.evaluate(ledger, self.phase)
        except NixError:
            return None

    def _same(self, now: Evaluated, cut: Cut, ledger: Ledger, snapshot: Snapshot, digest: str) -> bool:
        """Fixpoint: the IR with the final outputs is the one that was applied."""
        fresh = planner.cut(now.ir, ledger, snapshot, kind=self.session.tofu.kind)
        return fresh.whole and self.session.render(now.ir, fresh.include, ledger).digest == digest

    def _end(self, total: int, outputs_changed: bool) -> Applied:
        self.journal.note("finished")
        return Applied(self.tally, total, outputs_changed)

    def _approve(self, look: Forecast) -> None:
        if look.preview.destructive:
            if self.session.options.no_destroy:
                raise _no_destroy(look.preview)
            if self.ask is not None and not self.ask(look.preview):
                raise NivisError.of("Nothing was applied", "The question was not answered with yes.")

    def _upstream_goes(self, settled: Settled, snapshot: Snapshot) -> bool:
        """Has a frozen resource something upstream that this phase replaces or deletes?"""
        going = {planner.bare(c.addr) for c in settled.plan.changes if c.action in planner.DESTRUCTIVE}
        if not going or not settled.cut.frozen:
            return False
        above = planner.upstream(settled.ir, snapshot, settled.cut.frozen)
        return any(targets & going for targets in above.values())

    def _with_first(self, settled: Settled, snapshot: Snapshot, first: frozenset[str]) -> Settled:
        """Plan again without protecting `first`: the old object goes before its upstream."""
        for i in sorted(first):
            if settled.ir.resources[i].meta.prevent_destroy:
                raise _prevented(i)
        cut = planner.cut(settled.ir, settled.ledger, snapshot, first=first, kind=self.session.tofu.kind)
        return plan_phase(self.session, settled.now, settled.ledger, cut, self.phase, settled.failure)

    def _guard(self, settled: Settled, announced: Announced | None, first: Iterable[str], snapshot: Snapshot) -> None:
        planner.guard(
            settled.ir,
            self._of_current_objects(settled, snapshot),
            announced,
            first=first,
        )

    def _of_current_objects(self, settled: Settled, snapshot: Snapshot) -> list[m.Planned]:
        """The plan's changes without the removal of deposed objects, which the stream does not tell apart."""
        changes = list(settled.plan.changes)
        if not any(planner.bare(c.addr) in snapshot.deposed for c in changes):
            return changes
        shown, _ = self.session.tofu.show_plan(self.session.space.plan_file)
        acting = {c.address for c in shown.changes if not c.deposed and c.action != "noop"}
        return [c for c in changes if c.addr in acting or planner.bare(c.addr) not in snapshot.deposed]

    def _still_in_use(self, ir: IR, error: ApplyFailed) -> list[str]:
        """Addresses whose new object exists and whose old one could not go yet; empty: a real failure.

        With createBeforeDestroy an upstream's old object goes in its own phase, before dependants that Nix computes
        have moved on. What cannot go stays in the state as deposed, and a later phase removes it.
        """
        # Of a deposed object the stream tells neither an end nor a failure: it stays unfinished.
        ended = (*error.result.errored, *error.result.unfinished)
        failed = [e.addr for e in ended]
        created = {c.addr for c in error.result.complete if c.action == "create"}
        known = ir.by_address
        fine = all(
            e.action == "delete" and e.addr in created and e.addr in known and known[e.addr].meta.create_before_destroy
            for e in ended
        )
        return failed if fine and error.diagnostics else []

    def _refuse_prevented(self, ir: IR, snapshot: Snapshot) -> None:
        held = [r.id for r in ir.managed if r.meta.prevent_destroy and r.address in snapshot.addresses]
        if held:
            raise _prevented(*held)

    def _expect(self, snapshot: Snapshot) -> None:
        """Nobody else has written the state since it was read."""
        now = self.session.space.snapshot()
        if now.version != snapshot.version:
            raise _foreign(snapshot, now)

    def _own(self, before: Snapshot, after: Snapshot) -> None:
        if before.lineage and after.lineage != before.lineage:
            raise _foreign(before, after)

    def _apply_direct(self, ir: IR, cut: Cut) -> None:
        self._name(ir, Snapshot())
        self.session.emit(Stage("applying", self.phase))
        options = replace(self.session.plan_options(cut, ir, self.phase, out=None))
        self._phase(lambda: self.session.tofu.apply_direct(options, self.session.apply_options()))

    def _apply_saved(self, ir: IR) -> None:
        self.session.emit(Stage("applying", self.phase))
        file = self.session.space.plan_file
        try:
            self._phase(lambda: self.session.tofu.apply(file, self.session.apply_options()))
        except ApplyFailed as error:
            kept = self._still_in_use(ir, error)
            if not kept:
                raise
            for address in kept:
                for unfinished in (self.tally.failed, self.tally.unfinished):
                    if self._id(address) in unfinished:
                        unfinished.remove(self._id(address))
                self.session.emit(Warned(_deposed(self._id(address), error)))
            self.phase += 1
        finally:
            file.unlink(missing_ok=True)

    def _phase(self, apply: Callable[[], ApplyResult]) -> None:
        self.journal.note("phase", phase=self.phase)
        before = len(self.tally.acted), sum(len(a.actions) for a in self.tally.acted.values())
        try:
            self._count(apply)
        finally:
            after = len(self.tally.acted), sum(len(a.actions) for a in self.tally.acted.values())
            if after != before:
                self.tally.phases += 1
        self.phase += 1

    def _count(self, apply: Callable[[], ApplyResult]) -> None:
        """Run an apply; what did not come to its end is kept for the recap. The stream did the counting."""
        self.applying = True
        try:
            result = apply()
        except (ApplyFailed, ApplyInterrupted) as error:
            self.tally.failed += [self._id(e.addr) for e in error.result.errored]
            self.tally.unfinished += [self._id(s.addr) for s in error.result.unfinished]
            self.journal.note("end", phase=self.phase)
            raise
        finally:
            self.applying = False
        self.journal.note("end", phase=self.phase)
        for warning in result.warnings:
            self.session.emit(Warned(self._at_home(warning)))

    def _message(self, message: m.Message) -> None:
        """The engine's stream -> our events, our tally and our journal."""
        emit = self.session.emit
        if not self.applying and isinstance(message, m.ApplyStart | m.ApplyProgress | m.ApplyComplete):
            return  # data sources are read while planning
        match message:
            case m.ApplyStart():
                self.journal.note("start", id=self._id(message.addr), action=message.action)
                emit(Started(self._id(message.addr), message.action))
            case m.ApplyProgress():
                emit(Working(self._id(message.addr), message.action, float(message.elapsed_s)))
            case m.ApplyComplete():
                name = self._id(message.addr)
                self.journal.note("done", id=name)
                self.tally.add(name, message.action, float(message.elapsed_s))
                emit(Done(name, message.action, float(message.elapsed_s), self.phase))
            case m.ApplyErrored():
                self.journal.note("failed", id=self._id(message.addr))
                emit(Failed(self._id(message.addr), message.action, self.phase))
            case m.RefreshStart():
                emit(Refreshing(self._id(message.addr)))
            case m.ProvisionerLine(output=text) if text:
                emit(Told(f"{self._id(message.addr)}: {text}"))
            case m.Text(message=text, level=level) if text:
                emit(Told(text, "verbose" if level in ("info", "warn") else "debug"))
            case _:
                pass

    def _name(self, ir: IR, snapshot: Snapshot) -> None:
        """Learn what addresses are called, orphans included."""
        self.names.update({o.address: i for i, o in self.session.ledger(snapshot, ir).objects.items()})
        self.names.update({r.address: r.id for r in ir.resources.values()})

    def _names_of(self, ir: IR, ids: Iterable[str]) -> list[str]:
        return [i for i in ids if ir.resources[i].mode == "managed"]

    def _id(self, address: str) -> str:
        base = planner.bare(address)
        name = self.names.get(base, base)
        return name + address[len(base) :]

    def _at_home(self, diagnostic: Diagnostic) -> Diagnostic:
        return replace(diagnostic, address=self._id(diagnostic.address)) if diagnostic.address else diagnostic

    def _tell_interruption(self, in_flight: dict[str, str], snapshot: Snapshot) -> None:
        known = {self._id(a) for a in snapshot.addresses}
        lost = [i for i, action in in_flight.items() if action == "create" and i not in known]
        if not lost:
            self.session.emit(Told("The last run broke off; going on from what the state says."))
            return
        for i in lost:
            self.session.emit(
                Warned(
                    Diagnostic(
                        "A resource of the last run may exist without being in the state",
                        f"The last run broke off while `{i}` was being created; whether that was done cannot "
                        "be known from here. It is going to be created now.",
                        f"If it exists already, remove it, or take it over: `nivis import {i} <its id>`.",
                        severity="warning",
                        address=i,
                    )
                )
            )

    def _cap(self) -> NotConverged:
        return NotConverged.of(
            "Too many phases",
            f"After {self.session.options.max_phases} phases values still change.",
            "If the chain is really that long, allow more with `--max-phases N`.",
        )

    def _oscillates(self, settled: Settled) -> NotConverged:
        moving = sorted({self._id(c.addr) for c in settled.plan.changes})
        return NotConverged.of(
            "The configuration does not come to rest",
            f"This phase was applied twice before; the same changes come again. Still moving: {', '.join(moving)}.",
            "A value computed in Nix depends on an output that it changes itself: break that circle.",
        )


def _foreign(before: Snapshot, now: Snapshot) -> EngineError:
    return EngineError(
        Diagnostic(
            "The state was changed by someone else during this run",
            f"Expected was serial {before.serial} of {before.lineage or 'a new state'}; found is serial "
            f"{now.serial} of {now.lineage or 'no state'}. This phase was not applied.",
            "Run nivis again: it starts from what the state says now.",
        )
    )


def _unsaved(path: Path) -> NivisError:
    return NivisError.of(
        "The engine could not save the state",
        f"What an apply did is recorded in {path.name} only, not in the state; a run that does not know it would "
        "create things twice.",
        f"Mend the cause (disk, backend), then `nivis state push {path.name}` and delete the file; delete it without "
        "pushing if the state was mended in another way.",
    )


def _prevented(*ids: str) -> NivisError:
    return NivisError(
        *(
            Diagnostic(
                "A resource must not be destroyed",
                f"`{i}` has meta.lifecycle.preventDestroy set, and this run would destroy it. Nothing was touched.",
                "Remove preventDestroy, or change the configuration so that it can stay.",
                address=i,
            )
            for i in ids
        )
    )


def _deposed(id_: str, error: ApplyFailed) -> Diagnostic:
    reasons = "; ".join(d.summary for d in error.diagnostics if d.severity == "error")
    return Diagnostic(
        "An old object could not be destroyed yet",
        f"`{id_}` has its new object. The old one is still in use ({reasons}); a later phase removes it, when what "
        "depends on it has moved on.",
        severity="warning",
        address=id_,
    )


def _no_destroy(preview: Preview) -> NivisError:
    names = ", ".join(f"`{line.id}` ({line.action})" for line in preview.destructive)
    return NivisError.of(
        "The plan destroys something",
        f"--no-destroy was given, and this run would destroy or replace: {names}. Nothing was touched.",
        "Run without --no-destroy if that is meant.",
    )
