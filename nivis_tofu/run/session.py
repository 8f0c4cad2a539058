"""One run's tools bound together: evaluate, render, plan, read state. Decisions are the planner's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nivis_tofu.core.errors import IRError, NivisError, NixError
from nivis_tofu.core.events import Event, Stage, Told, Warned
from nivis_tofu.ir import decode, lint
from nivis_tofu.ir.ledger import Ledger, Taint, rekey
from nivis_tofu.ir.model import IR, Build, Derived, Expr, Provider, Ref, Value, leaves
from nivis_tofu.ir.positions import Translator
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.nix import variables
from nivis_tofu.nix.evaluate import Nix, git_top
from nivis_tofu.project import provider_mirror
from nivis_tofu.project.workdir import Workspace
from nivis_tofu.render.module import Module, Renderer
from nivis_tofu.render.preview import PreviewWriter
from nivis_tofu.run import explain, refusals
from nivis_tofu.run.decide import planner, select
from nivis_tofu.run.decide.select import Names, Selection
from nivis_tofu.system.process import Redactor
from nivis_tofu.tofu.argv import ApplyOptions, InitOptions, Locking
from nivis_tofu.tofu.client import Tofu


@dataclass(frozen=True)
class Options:
    """What the user asked for; ids and addresses are as typed."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each variable came from."""
    refresh: bool = True
    build: bool = True
    parallelism: int | None = None
    locking: Locking = Locking()
    max_phases: int = 25
    no_destroy: bool = False
    replace: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    engine_args: tuple[str, ...] = ()
    ask: Literal["", "always", "auto", "name"] = ""
    """What flags and environment say of questions; empty: nothing."""
    asks: Literal["", "terminal", "pipe"] = ""
    """Where answers would come from; empty: nobody is asked."""
    detail: bool = False
    """A plan tells attributes too, which costs more engine processes."""
    show_sensitive: bool = False
    """Attributes that are told are told with their secrets."""
    backup: str = ""
    """Where the local state's backup goes, instead of below `.nivis/`; `-`: none."""
    generate_config_out: str = ""
    """Where the engine writes blocks for what is imported and not declared."""
    suppress_forget_errors: bool = False
    """A destroy that leaves forgotten objects behind has succeeded."""


@dataclass(frozen=True)
class Evaluated:
    """An IR and the document it came from; equal documents need no second plan."""

    ir: IR
    """What the run is about."""
    document: Any
    full: IR
    """All of the configuration."""


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
    stuck: bool = False
    """Nix threw on the values in the state when the run began."""
    ir: IR | None = None
    """What the last evaluation came to: names in errors are its."""
    in_state: frozenset[str] = frozenset()
    snapshot: Snapshot = field(default_factory=Snapshot)
    refreshed: set[str] = field(default_factory=set)
    """Addresses that this run has refreshed, or made itself, and saved."""
    replaced: set[str] = field(default_factory=set)
    """Addresses of `--replace` that are done."""

    def start(self) -> tuple[Evaluated, Ledger, Snapshot]:
        """Evaluate with what the state knows; the IR may move the state elsewhere or name objects anew.

        If Nix throws on what the state says, the evaluation is one that trusts nothing: `stuck` tells.
        """
        self.nix.lock(lambda text: self.emit(Told(text, "verbose")))
        snapshot = self.space.snapshot() if self.space.is_ready else Snapshot()
        ledger = self.ledger(snapshot, None)
        now = self._evaluate_somehow(ledger)
        self.refuse_other(snapshot)
        self.prepare(now.full, had_state=bool(snapshot.addresses))
        self.space.current_workspace()  # a damaged note of it stops here
        fresh = self.space.snapshot()
        self.refuse_other(fresh)
        if left := self.space.left_behind(fresh):
            raise refusals.left_behind(left.name, self.space.place(now.ir).name)
        select.check(Names(now.full, fresh, self.space.remembered.ids()), self.options.selection, self.options.replace)
        again = self.ledger(fresh, now.ir)
        if again.objects != ledger.objects:
            now = self._evaluate_somehow(again)
        return now, again, fresh

    def own(self) -> None:
        """From here on the state belongs to this attribute of the flake."""
        self.space.remembered.put_attribute(self.space.state_name, self.nix.attr)

    def refuse_other(self, snapshot: Snapshot) -> None:
        """A state that another attribute made: this one would destroy what it does not know."""
        owner = self.space.remembered.attribute(self.space.state_name)
        if owner not in ("", self.nix.attr) and (snapshot.addresses or snapshot.outputs):
            raise refusals.other_attribute(owner, self.nix.attr)

    def _evaluate_somehow(self, ledger: Ledger) -> Evaluated:
        try:
            now = self.evaluate(ledger, 1)
        except NixError as error:
            if not ledger.objects:
                raise
            try:
                now = self.evaluate(ledger.with_(only=frozenset()), 1)
            except NixError:
                raise error from None
            self.stuck = True
            return now
        self.stuck = False
        return now

    def prepare(self, ir: IR, init: InitOptions | None = None, *, had_state: bool = False) -> None:
        """Bring the working directory to where the engine can work: `init` and schemas, if need be."""
        place = self.space.place(ir)
        if self.space.state_chosen and not place.chosen:
            raise refusals.state_beside_backend(place.type)
        self.space.take_place(ir)
        module = self.render(ir, (), Ledger(), calls_only=True)
        self.space.write(module)
        if self.tofu.absent and place.file:
            return  # verbs that only read need no engine for a state in a file
        if self.space.needs_init(ir, module):
            self.emit(Stage("initialising providers and backend"))
        self.space.prepare(ir, module, init, had_state=had_state)

    def ledger(self, snapshot: Snapshot, ir: IR | None) -> Ledger:
        """The ledger of a snapshot, keyed by the IR's ids (without one: by the ids of the last run)."""
        if ir is not None:
            objects = rekey(snapshot.objects, ir)
            # Of several instances there is no object, and their resource has an id all the same.
            names = {**self.space.remembered.ids(), **{r.address: r.id for r in ir.resources.values()}}
            names = {a: names[a] for a in snapshot.addresses if a in names and not a.startswith("module.")}
            self.space.remembered.put_ids({**names, **{o.address: i for i, o in objects.items()}})
            outputs = {*ir.outputs, *(n.removeprefix("output.") for n in ir.foreign if n.startswith("output."))}
            self.space.remembered.put_outputs(outputs)
        else:
            known = self.space.remembered.ids()
            objects = rekey(snapshot.objects, None, known)
        ledger = Ledger(objects)
        self.in_state, self.snapshot = snapshot.addresses, snapshot
        self.redactor.add([*ledger.secrets(), *Ledger(snapshot.parts).secrets()])
        return ledger

    def evaluate(self, ledger: Ledger, phase: int) -> Evaluated:
        self.emit(Stage("evaluating", phase))
        document = self._document(ledger, phase)
        try:
            ir = decode.decode(document)
        except IRError as error:
            error.diagnostics = tuple(map(self.translator(None).home_of, error.diagnostics))
            raise
        self.ir = ir
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
            if warning := self.nix.watch.warning(lambda: {*self.nix.words_in_flake(), *ir.engine_variables}):
                self.emit(Warned(warning))
        selection = self.options.selection
        return Evaluated(selection.restrict(ir, self.snapshot, self.space.remembered.ids()), document, ir)

    def _document(self, ledger: Ledger, phase: int) -> Any:
        """What Nix makes of the ledger; a variable that it misses is asked for, where there is somebody to ask."""
        self.nix.watch = self.nix.watch or variables.Watch(self.options.origins, self._hide)
        while True:
            try:
                document = self.nix.evaluate(ledger.document(phase, self.options.variables))
            except NixError as error:
                name = variables.missing(error.raw)
                given = self.ask_variable(name) if name and name not in self.options.variables else None
                if given is None:
                    text = "\n".join([error.raw, *(d.detail for d in error.diagnostics)])
                    if hint := variables.hint(text, self.options.origins):
                        error.diagnostics = tuple(replace(d, hint=d.hint or hint) for d in error.diagnostics)
                    raise
                self.options = replace(self.options, variables={**self.options.variables, name: given})
            else:
                return document

    def _hide(self, name: str) -> None:
        """Take the value of a sensitive variable out of all that is shown from now on."""
        if name in self.options.variables:
            self.redactor.add(variables.texts(self.options.variables[name]))

    def check(self, ir: IR) -> None:
        """Refuse what can never be known, then what the providers' schemas rule out, all at once."""
        explain.refuse_dead_ends(ir)

        def lookup(key: str, kind: Kind, name: str) -> BlockSchema | None:
            return self.space.schemas.block(full_source(ir.providers[key].source, self.tofu.kind), kind, name)

        if problems := lint.check(ir, lookup):
            raise IRError(*map(self.translator(ir).home_of, problems))

    def translator(self, ir: IR | None) -> Translator:
        project = self.space.project
        return Translator(ir or IR({}, {}, {}), git_top(project) or project, project, self.redactor.redact)

    def locate(self, error: NivisError) -> None:
        """Put the flake's file and line to what an error says of something that the flake declares."""
        error.diagnostics = tuple(map(self.translator(self.ir).locate, error.diagnostics))

    def render(
        self,
        ir: IR,
        include: Collection[str],
        ledger: Ledger,
        *,
        preview: PreviewWriter | None = None,
        providers: Collection[str] | None = None,
        frozen_references: bool = False,
        calls_only: bool = False,
        leaving: Collection[str] = (),
    ) -> Module:
        """Write the module of a phase; `frozen_references`: provider configurations get literals.

        `leaving`: ids whose object goes in this phase, to be made anew in a later one.
        """
        if frozen_references:
            ir = replace(ir, providers={k: _literal_provider(p, ledger) for k, p in ir.providers.items()})
        taint = Taint(self.marked(ledger, ir), ir)
        self.tofu.translate = self.translator(ir)
        renderer = Renderer(
            ir=ir,
            include=include,
            taint=taint,
            backend=self.space.block(ir),
            schema=lambda resource: self.space.schema(ir, resource),
            preview=preview,
            providers=providers,
            source=self.space.module_source,
            calls_only=calls_only,
            leaving=leaving,
            creates_first=planner.creates_first(ir, self.snapshot),
        )
        module = renderer.module()
        if preview and preview.locals_:
            document = dict(module.document)
            document["locals"] = {**document.get("locals", {}), **preview.locals_}
            module = replace(module, document=document)
        root = self.space.root_module(ir)
        if root:
            missing = renderer.gone | ir.unselected.keys()
            absent = frozenset() if calls_only else frozenset(missing - ir.foreign.keys())
            left_out = root.left_out(absent)
            terraform = module.document.get("terraform", {})
            ours = {k: v for k, v in terraform.items() if k not in ("backend", "required_providers")}
            override = root.override(terraform, left_out, self.space.target)
            document = {**module.document, "terraform": ours}
            module = replace(module, document=document, override=override, left_out=left_out, absent=absent)
        given = {n: v for n, v in self.options.variables.items() if n in ir.engine_variables}
        if root:
            given = {n: root.argument(n, v) for n, v in given.items()}
        module = replace(module, given=given)
        self.redactor.add(variables.texts(module.secrets))
        return module

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

    @contextlib.contextmanager
    def in_preview(self) -> Iterator[Tofu]:
        """The engine in the preview's directory, with the data directory of the real one; silent."""
        tofu, old, told = self.tofu, (self.tofu.site, self.tofu.on_message), self.tofu.on_raw
        tofu.site = self.space.preview_site()
        tofu.on_message = lambda _: None
        tofu.on_raw = told and (lambda _, line: told("preview", line))
        try:
            yield tofu
        finally:
            tofu.site, tofu.on_message = old
            tofu.on_raw = told

    def apply_options(self) -> ApplyOptions:
        options, backup = self.options, self.space.backup
        if options.backup and backup:
            # The state as it was before the run: later phases would write over it.
            backup, self.options = options.backup, replace(options, backup="-" if options.backup == "-" else "")
        extra = ("-suppress-forget-errors",) if options.suppress_forget_errors else ()
        return ApplyOptions(options.parallelism, options.locking, backup, extra)


def _literal_provider(provider: Provider, ledger: Ledger) -> Provider:
    """A provider configuration without references: when everything goes, nothing is left to refer to."""

    def freeze(value: Value) -> Value:
        match value:
            case Ref():
                return Derived((), ledger.lookup(value)[1], ledger.is_sensitive(value))
            case Derived() if not value.pending:
                secret = value.sensitive or any(map(ledger.is_sensitive, value.refs))
                return Derived((), freeze(value.value), secret)  # type: ignore[arg-type]  # it is not pending
            case Expr():
                # What an operand freezes to is an operand again.
                parts = (p if isinstance(p, str) else freeze(p) for p in value.parts)
                return Expr(tuple(parts))  # type: ignore[arg-type]  # texts, and what came of leaves
            case list():
                return [freeze(item) for item in value]
            case dict():
                return {key: freeze(item) for key, item in value.items()}
            case _:
                return value

    return replace(provider, config={k: freeze(v) for k, v in provider.config.items()})
