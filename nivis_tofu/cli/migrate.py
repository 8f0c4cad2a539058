"""state migrate: the state goes to the backend that the flake declares now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.inspect import state_app
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound
from nivis_tofu.core.errors import NivisError
from nivis_tofu.views import edits


def register(_: typer.Typer) -> None:
    state_app.command("migrate")(verb(migrate))


def migrate(
    common: Common,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Take this state file instead of the remembered state."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the old state, too.")] = False,
    to_remote: Annotated[
        bool, typer.Option("--to-remote", help="To the backend that the flake declares (the default).")
    ] = False,
    from_remote: Annotated[
        bool, typer.Option("--from-remote", help="From the declared backend to the local state file.")
    ] = False,
) -> int:
    """Move the state to the backend that the flake declares."""
    from nivis_tofu.manage.init import migrate as run

    if from_remote and (to_remote or source):
        raise NivisError.of("Two directions at once", "--from-remote excludes --to-remote and --from.")
    common = replace(common, backend="local") if from_remote else common
    with bound(common, "nivis state migrate") as b:
        done = run(b.session, None if source is None else b.session.workdir.project / source, keep=keep)
    return show(common, edits.migrated(done.source, done.target, dict(done.workspaces)))
