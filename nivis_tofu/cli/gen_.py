"""gen: typed constructors from a provider's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.bind import bound
from nivis_tofu.cli.common import Common, verb


def register(app: typer.Typer) -> None:
    app.command("gen")(verb(gen))


def gen(
    common: Common,
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Its name or source, e.g. hashicorp/aws.")],
    out: Annotated[Path, typer.Option("--out", help="Directory for the Nix files; what is in it is written anew.")],
    type_: Annotated[str, typer.Option("--type", help="Only types that match this glob.")] = "*",
    provider_version: Annotated[str, typer.Option("--provider-version", help="Version constraint.")] = "",
) -> int:
    """Write Nix constructors for a provider's resources: names, shapes and required arguments are checked."""
    from nivis_tofu import gen as writer
    from nivis_tofu import provision

    with bound(common, "nivis gen") as b:
        space = b.session.space
        schemas, source = provision.schemas_of(space, b.session.tofu, provider, provider_version)
        done = writer.generate(schemas, source, type_, space.project / out)
    print(f"Wrote {done.resources} resource(s) and {done.data} data source(s) of {done.source} to {out}.")
    return 0
