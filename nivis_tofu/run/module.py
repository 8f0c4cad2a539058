"""The module of a phase: what is rendered of an IR, with the backend and the joined root module of this project."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from nivis_tofu.ir.ledger import Ledger, Taint
from nivis_tofu.ir.model import Provider
from nivis_tofu.ir.values import Derived, Expr, Ref, Value
from nivis_tofu.nix import variables
from nivis_tofu.project.module_files import module_source
from nivis_tofu.render.module import Module, Renderer
from nivis_tofu.render.preview import PreviewWriter
from nivis_tofu.run.decide.held import Cut, creates_first, cut
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.session import Session


def render(
    session: Session,
    at: Position,
    include: Collection[str],
    *,
    preview: PreviewWriter | None = None,
    providers: Collection[str] | None = None,
    frozen_references: bool = False,
    calls_only: bool = False,
    leaving: Collection[str] = (),
    target: Path | None = None,
) -> Module:
    """Write the module of a phase; `frozen_references`: provider configurations get literals.

    `leaving`: ids whose object goes in this phase, to be made anew in a later one. `target`: where it will lie if not
    where the engine runs; relative paths in it hold there.
    """
    ir, ledger, workdir = at.ir, at.ledger, session.workdir
    target = target or workdir.settled.run.path
    if frozen_references:
        ir = replace(ir, providers={k: _literal_provider(p, ledger) for k, p in ir.providers.items()})
    taint = Taint(session.marked(ledger, ir), ir)
    renderer = Renderer(
        ir=ir,
        include=include,
        taint=taint,
        backend=workdir.place(ir).block(target),
        schema=lambda resource: workdir.schema(ir, resource),
        preview=preview,
        providers=providers,
        source=lambda source: module_source(source, workdir.project, target),
        calls_only=calls_only,
        leaving=leaving,
        creates_first=creates_first(ir, at.snapshot),
        finds_secret=session.redactor.finds,
    )
    module = renderer.module()
    if preview and preview.locals_:
        document = dict(module.document)
        document["locals"] = {**document.get("locals", {}), **preview.locals_}
        module = replace(module, document=document)
    root = workdir.settled.joined
    if root:
        missing = renderer.gone | ir.unselected.keys()
        absent = frozenset() if calls_only else frozenset(missing - ir.foreign.keys())
        left_out = root.left_out(absent)
        terraform = module.document.get("terraform", {})
        ours = {k: v for k, v in terraform.items() if k not in ("backend", "required_providers")}
        override = root.override(terraform, left_out, target)
        document = {**module.document, "terraform": ours}
        module = replace(module, document=document, override=override, left_out=left_out, absent=absent)
    given = {n: v for n, v in session.options.variables.items() if n in ir.engine_variables}
    if root:
        given = {n: root.argument(n, v) for n, v in given.items()}
    module = replace(module, given=given)
    session.redactor.add(variables.texts(module.secrets))
    return module


def write_next(session: Session, at: Position) -> Cut:
    """Bring the module of the next phase to where the engine works; what is in it and what waits."""
    taken = cut(at)
    session.workdir.write(render(session, at, taken.include))
    return taken


P = ParamSpec("P")
R = TypeVar("R")


def as_one_plan(verb: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A verb that may be one plan. At its end the module that stays has values in it, and no calls."""

    @functools.wraps(verb)
    def run(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with self.session.in_one_plan() as self.session:
                try:
                    return verb(self, *args, **kwargs)
                finally:
                    _write_values(self.session, self.at)
        finally:
            self.session = self.session.without_one_plan()

    return run


def _write_values(session: Session, at: Position) -> None:
    if session.one_plan and not session.one_plan.idle and at.evaluation:
        session.one_plan.stop()
        write_next(session, session.chosen(at))


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
