"""One run's tools bound together: evaluate, plan, read and write what is remembered. Decisions are made elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError, NivisError, NixError
from nivis_tofu.core.events import Event, Stage, Told, Warned
from nivis_tofu.core.outcome import PlanStyle
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.ir import decode, lint, suspicious
from nivis_tofu.ir.ledger import Ledger, Taint
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import Names
from nivis_tofu.ir.positions import Translator
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.ir.values import Build, leaves
from nivis_tofu.nix import comparisons, variables, watch
from nivis_tofu.nix.diagnose import files_of_flake, words_in_flake
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.project import provider_mirror
from nivis_tofu.project.workdir import Workspace
from nivis_tofu.run import completion, explain
from nivis_tofu.run.decide import position, select
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.decide.position import Evaluation, Position
from nivis_tofu.run.one_plan import OnePlan
from nivis_tofu.run.siblings import Siblings
from nivis_tofu.tofu.argv import ApplyOptions, PlanOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.messages import Message, Version
from nivis_tofu.tofu.results import ApplyFailed, ApplyResult, PlanResult


@dataclass
class Session:
    """Nix, the engine and the working directory of one project."""

    nix: Nix
    tofu: Tofu
    space: Workspace
    options: Options
    redactor: Redactor
    emit: Callable[[Event], None] = lambda _: None
    ask_variable: Callable[[str], str | None] = lambda _: None
    """Asks the user for a variable; None: nobody answers."""
    ir: IR | None = None
    """What the last evaluation came to: names in errors are its."""
    siblings: Siblings | None = None
    """The other stacks of the flake; None where there is no need of them."""
    one_plan: OnePlan | None = None
    """While a run goes on that may be one plan."""

    @property
    def style(self) -> PlanStyle:
        """How much of a plan is shown."""
        return self.options.style or PlanStyle(self.ir.settings.style if self.ir and self.ir.settings.style else "list")

    @property
    def detail(self) -> bool:
        """Whether a plan includes attributes."""
        return self.options.detail or self.style is not PlanStyle.list

    def read(self, snapshot: Snapshot, ir: IR | None = None) -> Position:
        """The position for a state, with the ids of an IR or, without one, those of the last run."""
        found = position.read(snapshot, ir, self.space.remembered.ids(), self.tofu.kind)
        return self.hiding(found.above(self.siblings.known) if self.siblings else found)

    def hiding(self, at: Position) -> Position:
        """The same position; its secrets are taken out of all that is shown from now on."""
        self.redactor.add([*at.ledger.secrets(), *Ledger(at.snapshot.parts).secrets(), *at.ledger.upstream.secrets()])
        return at

    def record(self, at: Position) -> None:
        """Remember for later runs what a state does not contain: ids and names of outputs."""
        ir, there = at.ir, at.snapshot.addresses | at.snapshot.objects.keys()
        names = Names.of(ir, at.snapshot, at.names.ids)
        self.space.remembered.put_ids({a: names.id_of(a) for a in sorted(there)})
        outputs = {*ir.outputs, *(n.removeprefix("output.") for n in ir.foreign if n.startswith("output."))}
        self.space.remembered.put_outputs(outputs)
        if at.evaluation:
            variables = self.nix.watch.names if self.nix.watch else ()
            self.space.remembered.put_names(completion.names(at, variables, lambda r: self.space.schema(ir, r)))

    def evaluate(self, at: Position) -> Position:
        """The same position with what Nix makes of its ledger. Raises NixError, or IRError for a malformed answer."""
        self.emit(Stage("evaluating", at.phase))
        document = self._document(at.ledger, at.phase)
        try:
            ir = decode.decode(document)
        except IRError as error:
            error.diagnostics = tuple(map(self.translator(None).home_of, error.diagnostics))
            raise
        self.ir = ir
        if self.siblings and (stacks := self.siblings.missing(ir)):
            return self.evaluate(self.hiding(at.above(self.siblings.read(stacks))))
        missing = [p.drv for p in ir.providers.values() if p.drv and not Path(p.source).exists()]
        if missing:
            self.emit(Stage(f"building {len(missing)} provider(s)"))
            self.nix.realise(missing)
        ir, self.space.packages = provider_mirror.resolve(
            ir, self.space.project, self.tofu.kind, self.tofu.env.get("PATH")
        )
        if root := self.space.root_module(ir):
            root.clashes(ir)
            ir = replace(ir, foreign=root.edges)
        self.space.settle(ir)
        if self.nix.watch:
            self.nix.watch.by_engine(ir.engine_variables)
            if warning := self.nix.watch.warning(lambda: {*words_in_flake(self.nix.project), *ir.engine_variables}):
                self.emit(Warned(warning))
        return self.chosen(at.with_(evaluation=Evaluation(ir, document, ir)))

    def chosen(self, at: Position) -> Position:
        """The same evaluation as this run takes it: what is selected of it, in one plan if that is wanted."""
        full = at.now.full
        ir = self.options.selection.restrict(full, at.snapshot, at.names.ids)
        names = Names.of(ir, at.snapshot, at.names.ids)
        if self.one_plan and self.one_plan.wanted(full):
            shaped = self.one_plan.shape(ir, lambda r: self.space.schema(ir, r), at.snapshot.addresses)
            self.one_plan.secret = Taint(self.marked(at.ledger, shaped), shaped).value
            self.one_plan.know(ir, shaped, at.ledger, at.ledger.document(at.phase, self.options.variables))
            ir = shaped
        return at.with_(evaluation=replace(at.now, ir=ir), names=names)

    def _document(self, ledger: Ledger, phase: int) -> Any:
        """What Nix makes of the ledger; a variable that it misses is asked for, where there is somebody to ask."""
        self.nix.watch = self.nix.watch or watch.Watch(self.options.origins, self._hide)
        while True:
            try:
                document = self.nix.evaluate(ledger.document(phase, self.options.variables))
            except NixError as error:
                fault = error.fault
                name = fault.name if fault and fault.what == "missing" else ""
                given = self.ask_variable(name) if name and name not in self.options.variables else None
                if given is None:
                    self.advise(error)
                    raise
                self.options = replace(self.options, variables={**self.options.variables, name: given})
            else:
                return document

    def advise(self, error: NixError) -> None:
        """Add what to do where an error complains of a variable."""
        if error.fault and (hint := variables.hint(error.fault, self.options.origins)):
            error.diagnostics = tuple(replace(d, hint=d.hint or hint) for d in error.diagnostics)

    def _hide(self, name: str) -> None:
        """Take the value of a sensitive variable out of all that is shown from now on."""
        if name in self.options.variables:
            self.redactor.add(variables.texts(self.options.variables[name]))

    def check(self, ir: IR) -> None:
        """Raise NivisError for what can never be known, then for everything that the providers' schemas rule out."""
        explain.refuse_dead_ends(ir)

        def lookup(key: str, kind: Kind, name: str) -> BlockSchema | None:
            return self.space.schemas.block(full_source(ir.providers[key].source, self.tofu.kind), kind, name)

        if problems := lint.check(ir, lookup):
            raise IRError(*map(self.translator(ir).home_of, problems))

    def warnings(self, ir: IR) -> tuple[Diagnostic, ...]:
        """Warnings about what is hardly meant, in the IR and in the text of the flake."""
        found = map(self.translator(ir).locate, suspicious.warnings(ir))
        return (*found, *comparisons.warnings(files_of_flake(self.nix.project)))

    def warn(self, ir: IR) -> None:
        """Tell of what is hardly meant."""
        for warning in self.warnings(ir):
            self.emit(Warned(warning))

    def translate(self, ir: IR) -> Callable[[Diagnostic, Path | None], Diagnostic]:
        """Makes an engine's diagnostic about a generated module one about what the user wrote."""
        translator = self.translator(ir)

        def found(diagnostic: Diagnostic, module: Path | None) -> Diagnostic:
            placed = translator(diagnostic, module)
            return (self.one_plan and self.one_plan.explain(placed)) or placed

        return found

    def translator(self, ir: IR | None) -> Translator:
        return Translator(ir or IR({}, {}, {}), self.nix.home, self.space.project, self.redactor.redact)

    def locate(self, error: NivisError) -> None:
        """Put the flake's file and line to what an error says of something that the flake declares."""
        error.diagnostics = tuple(map(self.translator(self.ir).locate, error.diagnostics))

    def marked(self, ledger: Ledger, ir: IR) -> Ledger:
        """The ledger with what the schemas call sensitive, for objects that do not exist yet too."""
        marks = dict(ledger.marks)
        for resource in ir.resources.values():
            schema = self.space.schema(ir, resource)
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
        told, heard = self.tofu.on_raw, self.tofu.on_message
        raw = told and (lambda _, line: told("preview", line))
        begun: Callable[[Message], None] = lambda m: heard(m) if isinstance(m, Version) else None  # noqa: E731 - short
        return self.tofu.at(self.space.preview_site(), on_message=begun, on_raw=raw)

    def plan(self, ir: IR, options: PlanOptions, engine: Tofu | None = None) -> tuple[PlanResult, frozenset[str]]:
        """A plan, made again without the instances that this run is not about, if the first one has some; they."""
        engine = engine or self.tofu
        made = engine.plan(options)
        found: frozenset[str] = frozenset()
        if self.tofu.kind == "tofu":
            while more := select.strays(ir, (c.addr for c in made.changes)) - found:
                found |= more
                made = engine.plan(replace(options, exclude=tuple(sorted({*options.exclude, *found}))))
        return made, found

    @contextlib.contextmanager
    def in_one_plan(self) -> Iterator[None]:
        """A run that may be one plan; what it needs for that goes at its end."""
        if self.one_plan is not None or self.options.one_plan == "off":
            yield
            return
        self.one_plan = OnePlan(self.nix, self.options.one_plan, self.redactor.add)
        if self.options.one_plan:
            self.one_plan.warm_up()
        self.tofu.providers.offer(self.one_plan.environment)
        try:
            yield
        finally:
            self.one_plan.close()
            self.one_plan = None
            self.tofu.providers.offer(None)

    def back_to_phases(self, error: NivisError) -> bool:
        """The engine refuses what calls are in; without them it may not."""
        if self.one_plan is None or not self.one_plan.gives_up():
            return False
        reason = next((d.summary for d in error.diagnostics if d.severity == "error"), "")
        self.emit(Told(f"The engine refuses this as one plan ({reason}); going on in phases."))
        return True

    def applied(self, apply: Callable[[ApplyOptions], ApplyResult]) -> ApplyResult:
        """What an apply has done. One that failed only for values that need a phase has not failed."""
        try:
            return apply(self.apply_options())
        except ApplyFailed as error:
            if self.one_plan is None or not self.one_plan.waits_now():
                raise
            self.emit(Told(f"Waiting for a phase: {', '.join(sorted(self.one_plan.phased))}."))
            return error.result

    def apply_options(self) -> ApplyOptions:
        options, backup = self.options, self.space.backup
        if options.backup and backup:
            # The state as it was before the run: later phases would write over it.
            backup, self.options = options.backup, replace(options, backup="-" if options.backup == "-" else "")
        extra = ("-suppress-forget-errors",) if options.suppress_forget_errors else ()
        return ApplyOptions(options.parallelism, options.locking, backup, extra)
