"""test: the flake's own tests, then those of the engine where the project has some."""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nivis_tofu.api.request import seconds_of
from nivis_tofu.cli import pass_through
from nivis_tofu.cli.common import ENGINE_ARGS, Common, verb
from nivis_tofu.cli.result import show, style
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.core.errors import NivisError

if TYPE_CHECKING:
    from nivis_tofu.cli.setup import Bound
    from nivis_tofu.nix.evaluate import Nix
    from nivis_tofu.testing.case import Report
    from nivis_tofu.testing.invent import Inventor
    from nivis_tofu.views.page import Page

_FILES = tuple(f"*.{kind}.{form}" for kind in ("tftest", "tofutest") for form in ("hcl", "json"))


def register(app: typer.Typer) -> None:
    app.command("test")(verb(run))


TESTS = "tests"
"""Beside the plan, or the stacks."""


def run(
    common: Common,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Only these tests.")] = None,
    random: Annotated[
        int, typer.Option("--random", metavar="N", min=0, help="Run each test N more times with random values.")
    ] = 0,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="S", help="Where made-up values start; repeats a random run.")
    ] = None,
    junit: Annotated[
        str | None, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML, too.")
    ] = None,
) -> int:
    """Run the tests of the flake: no engine, no cloud."""
    from nivis_tofu.testing.case import Report
    from nivis_tofu.views import tests as view

    project, given = project_directory(common, above=True), ENGINE_ARGS.get()
    alone = ("test", *given, *(["-json"] if common.json else []))
    if not (project / "flake.nix").exists() and ":" not in common.flake:
        return pass_through.run(common, (*alone, *(names or ())))
    ENGINE_ARGS.set(())  # none of them is for a plan
    if ":" not in f"{common.flake}{project}":
        common = replace(common, flake=str(project))  # it has been said where that is
    with bound(common, "nivis test", lock=False, engine=False) as b:
        report, joined = _report(b, common, names or (), _inventors(random, seed))
        there = (not names or _filters(given)) and _has_files(b, common, given, joined)
        if report is None and not there:
            raise _nothing(_attribute(common))
        redact = b.session.redactor.redact
        if junit:
            _write(b, junit, view.junit(report or Report(()), redact))
        page = view.page(report, redact) if report else None
    lines = _asks_for_json(given)
    if page is None:
        return pass_through.run(common, alone)
    if not there:
        return show(replace(common, json=common.json or lines), page)
    # One document, or stream, on stdout: who asks for the engine's gets ours as talk.
    code = _told(common, page) if lines else show(common, page)
    with _as_talk() if common.json else contextlib.nullcontext():
        return pass_through.run(common, ("test", *given)) or code


def _inventors(random: int, seed: int | None) -> list[Inventor]:
    """The ordinary values, then the random ones; a seed alone is that of one random run to be repeated."""
    from nivis_tofu.testing.invent import Inventor

    first = secrets.randbelow(10**6) if seed is None else seed
    runs = max(random, int(seed is not None))
    return [Inventor(seed or 0), *(Inventor(first + i, wild=True) for i in range(runs))]


def _report(
    b: Bound, common: Common, names: Sequence[str], inventors: Sequence[Inventor]
) -> tuple[Report | None, Collection[str]]:
    """What the tests came to, None where the flake has none; and the directories of `.tf` files that it joins."""
    from nivis_tofu.core.errors import NoAttributeError
    from nivis_tofu.system import notes, project_lock
    from nivis_tofu.testing.project import suite

    gc.disable()  # what is made lives to the end of the process; to look for cycles in it takes a quarter of the time
    root = notes.work_directory(b.session.workdir.project)
    with project_lock.run_lock(notes.directory(root / "test"), "nivis test", seconds_of(common.lock_timeout)):
        tests = suite(b.session, root, _attribute(common), lambda stack: _variables(b, common, stack))
        try:
            report = tests.run(names, inventors, lambda case: common.stack in (None, case.stack))
            if report.verdicts:
                return report, report.joined
        except NoAttributeError:
            if names:
                raise
        return None, {_joined_directory(tests.flake.nix, b.session.options.variables)}


def _variables(b: Bound, common: Common, stack: str) -> Mapping[str, Any]:
    """Those for a stack, which has files of its own."""
    from nivis_tofu.nix.variables import collect

    session = b.session
    if stack == (common.stack or ""):
        return session.options.variables
    return collect(session.nix.env, common.var_file or (), common.var or (), session.workdir.project, stack)[0]


def _attribute(common: Common) -> str:
    """The tests are beside the plan."""
    parent = common.attr.rpartition(".")[0] if common.stack is None else ""
    return f"{parent or 'nivis'}.{TESTS}"


def _has_files(b: Bound, common: Common, given: Sequence[str], joined: Collection[str]) -> bool:
    """Whether there is something for the engine's own `test`. `joined`: directories of `.tf` files."""
    project = b.session.workdir.project
    homes = [project, *(project / name for name in (common.root, *joined) if name)]
    return any(True for home in homes for place in (home, home / _directory(given)) for _ in _found(place))


def _joined_directory(nix: Nix, variables: Mapping[str, Any]) -> str:
    """The directory that the plan joins, as far as it tells when nothing is known."""
    from nivis_tofu.ir.ledger import Ledger

    try:
        document = nix.evaluate(Ledger().document(1, variables)).read()
    except NivisError:
        return ""
    return str(document.get("rootModule") or "") if isinstance(document, dict) else ""


def _filters(given: Sequence[str]) -> bool:
    return any(word.lstrip("-").partition("=")[0] == "filter" for word in given)


def _asks_for_json(given: Sequence[str]) -> bool:
    """Whether `-json` is on the line, or `-json=true`."""
    return any(word.lstrip("-") in ("json", "json=true") for word in given)


def _told(common: Common, page: Page) -> int:
    print(page.text(style(common, sys.stderr)), end="", file=sys.stderr)
    return int(page.code)


@contextlib.contextmanager
def _as_talk() -> Iterator[None]:
    """What a child writes to stdout goes to stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _write(b: Bound, name: str, text: str) -> None:
    from nivis_tofu.system import destination

    workdir = b.session.workdir
    file = workdir.destinations.stream(
        workdir.project / name, "JUnit XML", lambda path: destination.head(path).lstrip().startswith(b"<?xml")
    )
    file.write_text(text, encoding="utf-8")


def _nothing(attribute: str) -> NivisError:
    return NivisError.of(
        "There are no tests",
        f"The flake has no `{attribute}`, and the project no `*.tftest.hcl` files.",
        f"Write one: `{attribute}.NAME.check = {{ resources, outputs, phases }}: "
        '[ { name = "…"; ok = outputs.x == 1; message = "got ${outputs.x}"; } ];`.',
    )


def _found(place: Path) -> Iterator[Path]:
    for pattern in _FILES:
        yield from place.glob(pattern)


def _directory(given: Sequence[str]) -> str:
    """Where the engine looks for test files, beside the directory itself."""
    for word, after in pairwise([*given, ""]):
        name, equals, value = word.lstrip("-").partition("=")
        if name == "test-directory":
            return value if equals else after
    return "tests"
