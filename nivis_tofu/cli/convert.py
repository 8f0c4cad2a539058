"""convert: existing .tf files -> a flake."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.setup import project_directory
from nivis_tofu.views import envelope


def register(app: typer.Typer) -> None:
    app.command("convert")(verb(convert))


def convert(
    common: Common,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the .tf files are.")],
    out: Annotated[Path, typer.Option("--out", help="Directory for the flake.")] = Path(),
) -> int:
    """Write a flake that says what .tf files say; they, and the state, stay as they are."""
    from nivis_tofu.authoring.converted_body import write

    base = project_directory(common)
    done = write((base / directory).resolve(), (base / out).resolve())
    files = [str(out / name) for name in done.files]
    if common.json:
        left = [{"what": place, "reason": reason} for place, reason in done.left]
        print(envelope.document({"files": files, "not_converted": left}))
        return 0
    for name in files:
        print(f"Wrote {name}")
    for place, reason in done.left:
        print(f"look at {place}: {reason}", file=sys.stderr)
    return 0
