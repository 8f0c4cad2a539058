"""One run's tools bound together: evaluate, plan, read and write what is remembered. Decisions are made elsewhere.

A session is a value. What an evaluation changes (where the engine works, what errors are about, variables that were
asked for) is in the session that comes with its position: go on with that one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError, NivisError, NixError
from nivis_tofu.core.events import Event, Stage, Told, Warned
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import PlanStyle
from nivis_tofu.core.packed import Packed
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.ir import lint, suspicious
from nivis_tofu.ir.ledger import Ledger, Taint
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.ir.values import Build, leaves
from nivis_tofu.nix import comparisons, variables
from nivis_tofu.nix.diagnose import files_of_flake, words_in_flake
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.watch import Watch
from nivis_tofu.project import engine_init, provider_mirror
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.run import completion, explain
from nivis_tofu.run.decide import position, select
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.decide.position import Evaluation, Position
from nivis_tofu.run.locator import Locator
from nivis_tofu.run.one_plan import OnePlan
from nivis_tofu.run.siblings import Siblings
from nivis_tofu.tofu.argv import ApplyOptions, PlanOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.messages import Message, Version
from nivis_tofu.tofu.results import ApplyFailed, ApplyResult, PlanResult


@immutable
class Session:
    """Nix, the working directory with its engine, and what the user asked for."""

    nix: Nix
    workdir: Workdir
    options: Options
    redactor: Redactor
    watch: Watch
    locator: Locator
    emit: Callable[[Event], None] = lambda _: None
    ask_variable: Callable[[str], str | None] = lambda _: None
    """Asks the user for a variable; None: nobody answers."""
    ir: IR | None = None
    """What the last evaluation came to: names in errors are its."""
    siblings: Siblings | None = None
    """The other stacks of the flake; None where there is no need of them."""
    one_plan: OnePlan | None = None
    """While a run goes on that may be one plan."""

    @classmethod
    def bound(cls, nix: Nix, workdir: Workdir, options: Options, redactor: Redactor, **hearing: Any) -> Session:
        """That of a project; `hearing`: `emit` and `ask_variable`."""
        watch = Watch(options.origins, lambda value: redactor.add(variables.texts(value)))
        return cls(
            nix, workdir, options, redactor, watch, Locator(nix.home, workdir.project, redactor.redact), **hearing
        )

    def with_options(self, **changes: Any) -> Self:
        return replace(self, options=replace(self.options, **changes))

    def with_engine(self, **changes: Any) -> Self:
        """With an engine that is heard by others, or in another environment."""
        return replace(self, workdir=replace(self.workdir, engine=self.workdir.engine.at(**changes)))

    @property
    def tofu(self) -> Tofu:
        """The engine, where it works for the present configuration."""
        return self.workdir.tofu

    @property
    def style(self) -> PlanStyle:
        """How much of a plan is shown."""
        return self.options.style or PlanStyle(self.ir.settings.style if self.ir and self.ir.settings.style else "list")

    @property
    def detail(self) -> bool:
        """Whether a plan includes attributes."""
        return self.options.detail or self.style is not PlanStyle.list

    def recalled(self) -> Self | None:
        """As the last `init` left it, so that the state can be read before anything is evaluated; None if it cannot."""
        workdir = engine_init.recalled(self.workdir)
        return replace(self, workdir=workdir) if workdir else None

    def read(self, snapshot: Snapshot, ir: IR | None = None) -> Position:
        """The position for a state, with the ids of an IR or, without one, those of the last run."""
        found = position.read(snapshot, ir, self.workdir.remembered.ids(), self.workdir.engine.kind)
        return self.hiding(found.above(self.siblings.known) if self.siblings else found)

    def hiding(self, at: Position) -> Position:
        """The same position; its secrets are taken out of all that is shown from now on."""
        self.redactor.add([*at.ledger.secrets(), *Ledger(at.snapshot.parts).secrets(), *at.ledger.upstream.secrets()])
        return at

    def record(self, at: Position) -> None:
        """Remember for later runs what a state does not contain: ids and names of outputs."""
        ir, there = at.ir, at.snapshot.addresses | at.snapshot.objects.keys()
        names = Names.of(ir, at.snapshot, at.names.ids)
        self.workdir.remembered.put_ids({a: names.id_of(a) for a in sorted(there)})
        outputs = {*ir.outputs, *(n.removeprefix("output.") for n in ir.foreign if n.startswith("output."))}
        self.workdir.remembered.put_outputs(outputs)
        if at.evaluation:
            completions = completion.names(at, self.watch.names, lambda r: self.workdir.schema(ir, r))
            self.workdir.remembered.put_names(completions)

    def evaluate(self, at: Position) -> tuple[Self, Position]:
        """The same position with what Nix makes of its ledger, and the session for it.

        Raises NixError, or IRError for a malformed answer.
        """
        self.emit(Stage("evaluating", at.phase))
        answer, given = self._answer(at.ledger, at.phase)
        ir = self.locator.read(answer)
        if self.siblings and (stacks := self.siblings.missing(ir)):
            known = self.hiding(at.above(self.siblings.read(stacks)))
            return replace(self, options=given).evaluate(known)
        if missing := [p.drv for p in ir.providers.values() if p.drv and not Path(p.source).exists()]:
            self.emit(Stage(f"building {len(missing)} provider(s)"))
            self.nix.realise(missing)
        engine = self.workdir.engine
        ir, packages = provider_mirror.resolve(ir, self.workdir.project, engine.kind, engine.env.get("PATH"))
        if root := self.workdir.joining(ir):
            root.clashes(ir)
            ir = replace(ir, foreign=root.edges)
        self.watch.by_engine(ir.engine_variables)
        if warning := self.watch.warning(lambda: {*words_in_flake(self.nix.project), *ir.engine_variables}):
            self.emit(Warned(warning))
        now = replace(self, ir=ir, workdir=self.workdir.settle(ir, root, packages), options=given)
        now = now.with_engine(translate=now.translate(ir))
        return now, now.chosen(at.with_(evaluation=Evaluation(ir, answer, ir)))

    def chosen(self, at: Position) -> Position:
        """The same evaluation as this run takes it: what is selected of it, in one plan if that is wanted."""
        full = at.now.full
        ir = self.options.selection.restrict(full, at.snapshot, at.names.ids)
        names = Names.of(ir, at.snapshot, at.names.ids)
        if self.one_plan and self.one_plan.wanted(full):
            shaped = self.one_plan.shape(ir, lambda r: self.workdir.schema(ir, r), at.snapshot.addresses)
            self.one_plan.hides(Taint(self.marked(at.ledger, shaped), shaped).value)
            self.one_plan.know(ir, shaped, at.ledger, at.ledger.document(at.phase, self.options.variables))
            ir = shaped
        return at.with_(evaluation=replace(at.now, ir=ir), names=names)

    def _answer(self, ledger: Ledger, phase: int) -> tuple[Packed, Options]:
        """What Nix makes of the ledger; a variable that it misses is asked for, where there is somebody to ask."""
        options = self.options
        while True:
            try:
                return self.nix.evaluate(ledger.document(phase, options.variables), self.watch), options
            except NixError as error:
                fault = error.fault
                name = fault.name if fault and fault.what == "missing" else ""
                given = self.ask_variable(name) if name and name not in options.variables else None
                if given is None:
                    raise self.advised(error) from error
                options = replace(options, variables={**options.variables, name: given})

    def advised(self, error: NixError) -> NixError:
        """The error with what to do where it complains of a variable."""
        hint = error.fault and variables.hint(error.fault, self.options.origins)
        return error.with_hint(hint) if hint else error

    def check(self, ir: IR) -> None:
        """Raise NivisError for what can never be known, then for everything that the providers' schemas rule out."""
        explain.refuse_dead_ends(ir)

        def lookup(key: str, kind: Kind, name: str) -> BlockSchema | None:
            return self.workdir.schemas.block(
                full_source(ir.providers[key].source, self.workdir.engine.kind), kind, name
            )

        if problems := lint.check(ir, lookup):
            raise IRError(*map(self.locator.home_of, problems))

    def warnings(self, ir: IR) -> tuple[Diagnostic, ...]:
        """Warnings about what is hardly meant, in the IR and in the text of the flake."""
        found = map(self.locator.translator(ir).locate, suspicious.warnings(ir))
        return (*found, *comparisons.warnings(files_of_flake(self.nix.project)))

    def warn(self, ir: IR) -> None:
        """Tell of what is hardly meant."""
        for warning in self.warnings(ir):
            self.emit(Warned(warning))

    def translate(self, ir: IR) -> Callable[[Diagnostic, Path | None], Diagnostic]:
        """Makes an engine's diagnostic about a generated module one about what the user wrote."""
        translator = self.locator.translator(ir)

        def found(diagnostic: Diagnostic, module: Path | None) -> Diagnostic:
            placed = translator(diagnostic, module)
            return (self.one_plan and self.one_plan.explain(placed)) or placed

        return found

    def marked(self, ledger: Ledger, ir: IR) -> Ledger:
        """The ledger with what the schemas call sensitive, for objects that do not exist yet too."""
        marks = dict(ledger.marks)
        for resource in ir.resources.values():
            schema = self.workdir.schema(ir, resource)
            if schema and schema.sensitive:
                marks[resource.id] = (*marks.get(resource.id, ()), *schema.sensitive)
        return ledger.with_(marks=marks)

    def build(self, ir: IR, include: Collection[str]) -> None:
        """Realise the Nix builds that this phase's resources use."""
        if not self.options.build:
            return
        drvs = {
            leaf.drv
            for i in include
            for leaf in leaves(dict(ir.resources[i].config))
            if isinstance(leaf, Build) and leaf.drv
        }
        if drvs:
            self.emit(Stage(f"building {len(drvs)} Nix derivation(s)"))
            self.nix.realise(sorted(drvs))

    @property
    def in_preview(self) -> Tofu:
        """The engine in the preview's directory, with the data directory of the real one; silent but for its start."""
        engine = self.workdir.previewing
        told, heard = engine.on_raw, engine.on_message
        raw = told and (lambda _, line: told("preview", line))
        begun: Callable[[Message], None] = lambda m: heard(m) if isinstance(m, Version) else None  # noqa: E731 - short
        return engine.at(on_message=begun, on_raw=raw)

    def plan(self, ir: IR, options: PlanOptions, engine: Tofu | None = None) -> tuple[PlanResult, frozenset[str]]:
        """A plan, made again without the instances that this run is not about, if the first one has some; they."""
        engine = (engine or self.tofu).planning(len(ir.resources))
        made = engine.plan(options)
        found: frozenset[str] = frozenset()
        if self.tofu.kind == "tofu":
            while more := select.strays(ir, (c.addr for c in made.changes)) - found:
                found |= more
                made = engine.plan(replace(options, exclude=tuple(sorted({*options.exclude, *found}))))
        return made, found

    @contextlib.contextmanager
    def in_one_plan(self) -> Iterator[Self]:
        """The session of a run that may be one plan; what it needs for that goes at its end."""
        if self.one_plan is not None or self.options.one_plan == "off":
            yield self
            return
        one_plan = OnePlan(self.nix, self.options.one_plan, self.redactor.add, self.emit)
        if self.options.one_plan:
            one_plan.warm_up()
        try:
            yield replace(self, one_plan=one_plan).with_engine(within=one_plan.environment)
        finally:
            one_plan.close()

    def without_one_plan(self) -> Self:
        """The session after such a run."""
        return replace(self, one_plan=None).with_engine(within=lambda env: env)

    def back_to_phases(self, error: NivisError) -> bool:
        """The engine refuses what calls are in; without them it may not."""
        if self.one_plan is None or not self.one_plan.gives_up():
            return False
        reason = next((d.summary for d in error.diagnostics if d.severity == "error"), "")
        self.emit(Told(f"The engine refuses this as one plan ({reason}); going on in phases."))
        return True

    def applied(self, apply: Callable[[ApplyOptions], ApplyResult], *, first: bool) -> ApplyResult:
        """What an apply has done. One that failed only for values that need a phase has not failed."""
        try:
            return apply(self.apply_options(first=first))
        except ApplyFailed as error:
            if error.died or self.one_plan is None or not self.one_plan.waits_now():
                raise
            self.emit(Told(f"Waiting for a phase: {', '.join(sorted(self.one_plan.phased))}."))
            return error.result

    def apply_options(self, *, first: bool) -> ApplyOptions:
        """What holds for an apply; `first`: nothing was applied by this run before."""
        options, backup = self.options, self.workdir.state.backup
        # The state as it was before the run: later phases would write over it.
        if backup and options.backup and (first or options.backup == "-"):
            backup = options.backup
        extra = ("-suppress-forget-errors",) if options.suppress_forget_errors else ()
        return ApplyOptions(options.parallelism, options.locking, backup, extra)
