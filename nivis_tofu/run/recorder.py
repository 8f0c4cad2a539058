"""The engine's stream of a run -> events for the views, the tally for the result, the journal for the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.events import (
    Acting,
    Done,
    Event,
    Failed,
    Outlook,
    RefreshEnded,
    Refreshing,
    Started,
    Starting,
    Told,
    Warned,
    Working,
)
from nivis_tofu.core.immutable import mutable
from nivis_tofu.core.outcome import Half, Tally
from nivis_tofu.core.visible import line, uncoloured
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import refusals
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.session import Session
from nivis_tofu.system.journal import Interruption, Journal
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.results import ApplyFailed, ApplyInterrupted, ApplyResult


@mutable
class Recorder:
    """Knows what addresses are called and what has been done; hears the engine's `message`s."""

    session: Session
    tally: Tally = field(default_factory=Tally)
    phase: int = 1
    names: Names = field(default_factory=Names)
    applying: bool = False
    due: dict[str, str] = field(default_factory=dict)
    """What the phase that runs, or broke off, was going to do: id -> action."""
    anew: dict[str, str] = field(default_factory=dict)
    """What of that makes an object: id -> mark of the one that is there before, or ""."""
    applied: list[m.ApplyComplete] = field(default_factory=list)
    """What the engine has done, by address."""
    state: Snapshot = field(default_factory=Snapshot)
    """As it was read last."""
    made: dict[str, str] = field(default_factory=dict)
    """What was begun to be made since then, id -> the cloud's name for it, empty until it is known."""
    ir: IR | None = None
    """What the last evaluation came to."""

    def __post_init__(self) -> None:
        self.journal = Journal(self.session.workdir.root / "journal.jsonl")

    def run_phase(
        self, apply: Callable[[], ApplyResult], planned: Iterable[m.Planned] = (), first: Iterable[str] = ()
    ) -> None:
        """Run one apply. A phase is one that acted on something; what did not end is kept for the recap.

        `planned`: what the plan announced; the engine says nothing when it has moved or forgotten something.
        `first`: where there was no plan, the ids of what is made.
        """
        self.journal.note("phase", phase=self.phase)
        before = len(self.tally.steps)
        self.due, self.anew = {}, dict.fromkeys(first, "")
        for change in planned:
            self._expect(change)
        self._note_due()
        self.applying = True
        self.emit(Acting(self.phase))
        try:
            result = apply()
            self._silent(planned)
            self.due = {}
        except (ApplyFailed, ApplyInterrupted) as error:
            self.tally.failed += [self.id_of(e.addr) for e in error.result.errored]
            self.tally.unfinished += [self.id_of(s.addr) for s in error.result.unfinished]
            raise
        finally:
            self.applying = False
            self.emit(Acting(self.phase, ended=True))
            self.tally.phases += len(self.tally.steps) > before
            self.journal.note("end", phase=self.phase)
            self.phase += 1
        for warning in result.warnings:
            self.emit(Warned(self.at_home(warning)))

    def _expect(self, change: m.Planned) -> None:
        if change.action in ("create", "update", "replace", "delete"):
            self.due[name := self.id_of(change.addr)] = str(change.action)
            if change.action in ("create", "replace"):
                self.anew[name] = self.state.current.get(change.addr, "")

    def _note_due(self) -> None:
        """Before the engine begins: whoever ends both at once takes the engine's last words from nivis."""
        if self.anew:
            self.journal.note("due", create=self.anew)

    def left(self, unstarted: Iterable[str]) -> tuple[tuple[str, ...], dict[str, Half]]:
        """After a failure: ids that were not started, and replacements that stopped half-way.

        `unstarted`: ids that later phases were to bring.
        """
        tally, resources = self.tally, {bare(i) for i in self.due}
        if not (tally.acted or tally.failed or tally.unfinished):
            return (), {}  # it was a plan that failed: nothing was to be started
        later = [i for i in unstarted if i not in resources]
        ended = {*tally.failed, *tally.unfinished}
        half: dict[str, Half] = {}
        untouched = []
        for name, action in {**self.due, **dict.fromkeys(later, "create")}.items():
            done = tally.acted[name].actions if name in tally.acted else ()
            if action in ("create", "replace") and done[-1:] == ("delete",) and "create" not in done:
                if name not in ended:
                    half[name] = "none"
            elif action == "replace" and "create" in done and "delete" not in done and name not in ended:
                half[name] = "both"
            elif not done and name not in ended:
                untouched.append(name)
        return tuple(untouched), half

    def forgive(self, name: str) -> None:
        """What failed with this object is no failure of the run."""
        self.tally.failed = [i for i in self.tally.failed if i != name]
        self.tally.unfinished = [i for i in self.tally.unfinished if i != name]

    def _silent(self, planned: Iterable[m.Planned]) -> None:
        """What is done to the state alone."""
        for change in planned:
            name = self.id_of(change.addr)
            self.tally.imported |= {name} if change.importing_id else set()
            action = "import" if change.importing_id else change.action
            if action in ("move", "forget", "import") and name not in self.tally.acted:
                self.tally.add(name, action, 0.0, self.phase)

    def outlook(self, expected: Outlook) -> None:
        """Told once: a later one would be about the rest."""
        if self.phase == 1:
            self.emit(expected)

    def emit(self, event: Event) -> None:
        self.session.emit(event)

    def message(self, message: m.Message) -> None:
        if not self.applying and isinstance(message, m.ApplyStart | m.ApplyProgress | m.ApplyComplete):
            return  # data sources are read while planning
        match message:
            case m.Version():
                if names := self._providers():
                    self.emit(Starting(names))
            case m.Planned() if self.applying:
                if not self.due:
                    self.anew = {}  # it names instances, and what is in modules
                self._expect(message)
            case m.ChangeSummary(operation="plan") if self.applying and self.due:
                self._note_due()
            case m.ApplyStart():
                name = self.id_of(message.addr)
                mark = self.state.current.get(message.addr)
                was = {"was": mark} if mark and message.action in ("create", "delete") else {}
                if message.action == "create":
                    self.made[name] = ""
                self.journal.note("start", id=name, action=message.action, **was)
                self.emit(Started(name, message.action, message.moment))
            case m.ApplyProgress():
                self.emit(Working(self.id_of(message.addr), message.action, float(message.elapsed_s)))
            case m.ApplyComplete():
                name, seconds = self.id_of(message.addr), float(message.elapsed_s)
                self.journal.note("done", id=name)
                self.applied.append(message)
                if message.action == "create":
                    self.made[name] = message.id_value
                self.tally.add(name, message.action, seconds, self.phase)
                self.emit(Done(name, message.action, seconds, self.phase, message.moment))
            case m.ApplyErrored():
                name = self.id_of(message.addr)
                self.journal.note("failed", id=name)
                if message.action == "create":
                    self.made.pop(name, None)
                self.emit(Failed(name, message.action, self.phase, message.moment))
            case m.RefreshStart():
                self.emit(Refreshing(self.id_of(message.addr), message.moment))
            case m.RefreshComplete():
                self.emit(RefreshEnded(self.id_of(message.addr), message.moment))
            case m.ProvisionerLine(output=text) if text:
                self.emit(Told(line(f"{self.id_of(message.addr)}: {uncoloured(text)}")))
            case m.Text(message=text, level=level) if text:
                self.emit(Told(text, "verbose" if level in ("info", "warn") else "debug"))
            case _:
                pass

    def _providers(self) -> tuple[str, ...]:
        """Names of the providers that are programs of their own, of what is declared and of what is in the state."""
        state = self.state.providers
        declared = self.ir.providers.values() if self.ir else ()
        sources = {*(full_source(p.source, self.session.workdir.engine.kind) for p in declared), *state.values()}
        return tuple(sorted({s.rpartition("/")[2] for s in sources if s and not s.startswith(BUILTIN)}))

    def learn(self, at: Position) -> None:
        """Learn what addresses are called, orphans included."""
        self.state, self.made, self.ir = at.snapshot, {}, at.evaluation.full if at.evaluation else self.ir
        self.names = at.names.after(self.names)

    def id_of(self, address: str) -> str:
        return self.names.id_of(address)

    def at_home(self, diagnostic: Diagnostic) -> Diagnostic:
        return replace(diagnostic, address=self.id_of(diagnostic.address)) if diagnostic.address else diagnostic

    def tell_interruption(self, snapshot: Snapshot, *, destroys: bool = False) -> None:
        """If the last run was interrupted, say what cannot be known about it."""
        interrupted = self.journal.interruption()
        if not interrupted:
            return
        if self.session.tofu.outlived():
            interrupted = Interruption()
        known = {self.id_of(address): mark for address, mark in snapshot.current.items()}
        # Of what is replaced the state may have the old object still.
        gone = [i for i in interrupted.made if i not in known or interrupted.was.get(i) == known[i]]
        for i in gone:
            self.emit(Warned(refusals.lost(i, destroys=destroys)))
        # Without a plan nobody knew instances and the insides of modules: any of them will do.
        there = {*known, *map(bare, known)}
        unheard = [i for i, mark in interrupted.unheard.items() if i not in there or known.get(i) == mark]
        if unheard:
            self.emit(Warned(refusals.unheard(unheard, destroys=destroys)))
        if not gone and not unheard:
            self.emit(Told("The last run broke off; going on from what the state says."))
