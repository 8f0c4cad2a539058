"""Tests of a project: its flake, the schemas that its runs have cached, its joined root module."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core.errors import IRError, NivisError, NixError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import of_stack
from nivis_tofu.ir import lint
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.nix import variables
from nivis_tofu.nix.watch import Watch
from nivis_tofu.project import provider_mirror
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.run.session import Session
from nivis_tofu.testing.case import Case
from nivis_tofu.testing.flake import Flake
from nivis_tofu.testing.play import Play, Scene
from nivis_tofu.testing.suite import Suite


@immutable
class Caches:
    """Schemas in the caches of several stacks: the first that knows one has it."""

    caches: Sequence[Schemas]
    kind: str

    def resource(self, ir: IR, resource: Resource) -> BlockSchema | None:
        if resource.mode == "module":
            return None
        return self.block(ir, resource.provider, "data" if resource.mode == "data" else "resource", resource.type)

    def block(self, ir: IR, provider: str, kind: Kind, name: str) -> BlockSchema | None:
        source = full_source(ir.providers[provider].source, self.kind)
        return next((found for c in self.caches if (found := c.block(source, kind, name)) is not None), None)


def suite(session: Session, root: Path, tests: str, given: Callable[[str], Mapping[str, Any]]) -> Suite:
    """The tests at the attribute `tests`. `root`: `.nivis/`; what is evaluated lies in a place of its own below it.

    `given`: the variables for a stack, or for "".
    """
    secret: dict[str, list[object]] = {}
    watch = Watch({}, lambda values: session.redactor.add(variables.texts(values)))
    opened = functools.cache(lambda place: Schemas(place / "schema.zip"))  # one for all tests: to read it takes time

    def around(case: Case) -> Scene:
        for name, value in case.variables.items():
            secret.setdefault(name, []).append(value)
        places = dict.fromkeys((root / of_stack(case.stack).work if case.stack else root, root))
        schemas = Caches(tuple(map(opened, places)), session.tofu.kind)
        return Scene(
            schemas.resource,
            lambda ir: _check(session, schemas, ir),
            session.tofu.kind,
            session.options.max_phases,
        )

    return Suite(
        Flake(
            replace(session.nix, work=root / "test"),
            tests,
            lambda ir: _joined(session, ir),
            lambda stderr: watch.declare(stderr, secret),
            session.workdir.remembered.put_tests,
        ),
        around,
        given,
        lambda error, play: _located(session, error, play),
    )


def _joined(session: Session, ir: IR) -> IR:
    """With the names of a joined root module; a provider on this machine has an address if it is there already."""
    with contextlib.suppress(NivisError):
        ir, _ = provider_mirror.resolve(ir, session.workdir.project, session.tofu.kind, session.tofu.env.get("PATH"))
    if root := session.workdir.joining(ir):
        root.clashes(ir)
        return replace(ir, foreign=root.edges)
    return ir


def _check(session: Session, schemas: Caches, ir: IR) -> None:
    problems = lint.check(ir, lambda key, kind, name: schemas.block(ir, key, kind, name))
    if problems:
        raise IRError(*map(session.locator.home_of, problems))


def _located(session: Session, error: NivisError, play: Play) -> NivisError:
    """The error with the place in the flake, and with what to do about a variable."""
    if isinstance(error, NixError):
        error = session.advised(error)
    translator = session.locator.translator(play.order.ir)
    return error.with_(*(translator.locate(translator.home_of(d)) for d in error.diagnostics))
