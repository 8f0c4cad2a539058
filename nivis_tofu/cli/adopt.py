"""adopt: an existing OpenTofu project becomes a flake, and nothing real changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.system import notes

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session


def register(app: typer.Typer) -> None:
    app.command("adopt")(verb(adopt))


def adopt(
    common: Common,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory with .tf files or a state.")] = Path(),
) -> int:
    """Write a flake for an existing project; its state stays and nothing changes."""
    from nivis_tofu.authoring.adopt import adopt as run
    from nivis_tofu.views import projects

    project = project_directory(common)

    @contextlib.contextmanager
    def opened() -> Iterator[Session]:
        with bound(replace(common, json=False), "nivis adopt") as b:
            yield b.session

    done = run(project, (project / directory).resolve(), notes.work_directory(project), opened)
    return show(common, projects.adopted(done))
