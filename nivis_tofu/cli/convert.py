"""convert: existing .tf files -> a flake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import project_directory


def register(app: typer.Typer) -> None:
    app.command("convert")(verb(convert))


def convert(
    common: Common,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory with .tf files.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for the flake.")] = Path(),
) -> int:
    """Write a flake from .tf files; they and the state stay as they are."""
    from nivis_tofu.authoring.convert_files import write
    from nivis_tofu.views import projects

    base = project_directory(common)
    done = write((base / directory).resolve(), (base / out).resolve())
    return show(common, projects.converted(done, out))
