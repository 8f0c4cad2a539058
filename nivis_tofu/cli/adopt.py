"""adopt: an existing OpenTofu project becomes a flake, and nothing real changes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.core.visible import line
from nivis_tofu.system import files, notes
from nivis_tofu.views import envelope

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session


def register(app: typer.Typer) -> None:
    app.command("adopt")(verb(adopt))


def adopt(
    common: Common,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the .tf files, or a state, are.")] = Path(),
) -> int:
    """Write a flake for an existing project: addresses and state stay, and the plan is one of no changes."""
    from nivis_tofu.authoring.adopt import adopt as run

    project = project_directory(common)
    files.private_umask()

    @contextlib.contextmanager
    def opened() -> Iterator[Session]:
        with bound(replace(common, json=False), "nivis adopt") as b:
            yield b.session

    done = run(project, (project / directory).resolve(), notes.work_directory(project), opened)
    if common.json:
        found = {"adopted": done.moved, "staying": dict(done.staying), "backup": str(done.backup or "")}
        print(envelope.document({**found, "changes": done.changes}, indent=None))
        return 0
    plan = f"the plan is what it was, {done.changes} change(s)" if done.changes else "the plan has no changes"
    print(f"Adopted {len(done.moved)} resource(s) into flake.nix; {plan}:")
    for id_ in done.moved:
        print(f" = {line(id_)}")
    if done.staying:
        print(f"\n{len(done.staying)} stay in their .tf files, which are part of the configuration (rootModule):")
        for address, reason in done.staying:
            print(line(f"   {address}: {reason}"))
    if done.backup:
        print(f"The files as they were: {done.backup}", file=sys.stderr)
    return 0
