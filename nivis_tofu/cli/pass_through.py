"""Verbs of OpenTofu that are left to it: the engine runs, with the arguments as they were typed. And `help`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nivis_tofu.api.tools import engine_of
from nivis_tofu.cli.ask import paused
from nivis_tofu.cli.common import ENGINE_ARGS, Common, verb
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.opentofu import ALONE, PASSING, passes
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.cli.spelling import ENGINE
from nivis_tofu.core.errors import NivisError
from nivis_tofu.system.around import unwatched
from nivis_tofu.system.locate import Engine
from nivis_tofu.telemetry.current import SPANS
from nivis_tofu.tofu import alone

_HELP = {
    "console": "Try expressions on what the flake declares.",
    "env": "The old name of `workspace`.",
    "fmt": "Format .tf files.",
    "get": "Install the modules that the flake calls.",
    "login": "Get and store credentials for a host.",
    "logout": "Remove stored credentials for a host.",
    "metadata": "Print metadata, such as `metadata functions -json`.",
    "version": "Print the engine's version; `nivis --version` prints that of nivis.",
}


def register(app: Cli) -> None:
    for name in PASSING:
        if app.wants(name):
            app.command(name, help=_HELP[name])(verb(engine))
    if app.wants(ENGINE):
        app.command(ENGINE, hidden=True)(verb(engine))
    app.command("help")(help_)


def engine(common: Common) -> int:
    """Run the engine with the arguments as typed."""
    return run(common, ENGINE_ARGS.get())


def run(common: Common, argv: tuple[str, ...]) -> int:
    """Run the engine and return its exit code. Without a flake, and for help, it runs in the directory as it is."""
    project, env = project_directory(common, above=True), dict(os.environ)
    helps = any(word in ("-help", "--help", "-h") for word in argv)
    if helps or (argv[:1] and argv[0] in ALONE) or not (project / "flake.nix").exists():
        found, spans = _engine(common, project, env), SPANS.get()
        with (spans.around if spans else unwatched)((found.kind, *argv)) as more:
            return alone.run(found.exe, argv, project, {**env, **more})
    from nivis_tofu.run import pass_through  # slow to load

    ENGINE_ARGS.set(())  # none of them is for the engine's plan
    with bound(common, f"nivis {argv[0]}") as b:
        session = pass_through.prepared(b.session)
        with paused(b.progress):
            return pass_through.with_module(session, argv, env)


def _engine(common: Common, project: Path, env: Mapping[str, str]) -> Engine:
    found = engine_of(common.tofu, project, env)
    if found.note:
        print(found.note, file=sys.stderr)
    return found


def help_(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[VERB]", help="A verb, such as `state mv`.")] = None,
) -> int:
    """List the verbs, or explain one."""
    if words and passes(words):
        return run(Common(), (*words, "-help"))
    found: Any = context.find_root()
    for word in words or ():
        below = getattr(found.command, "commands", {}).get(word)
        if below is None:
            raise NivisError.of(
                "No such verb", f"There is no `nivis {' '.join(words or ())}`.", "`nivis help` lists the verbs."
            )
        found = typer.Context(below, info_name=word, parent=found)
    print(found.get_help())
    return 0
