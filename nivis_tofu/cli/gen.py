"""gen: typed constructors from a provider's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound
from nivis_tofu.core.errors import NivisError


def register(app: typer.Typer) -> None:
    app.command("gen")(verb(gen))


def gen(
    common: Common,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Directory for the Nix files; older ones are overwritten.")
    ],
    provider: Annotated[
        str | None, typer.Argument(metavar="PROVIDER", help="Source of the provider, such as hashicorp/aws.")
    ] = None,
    named: Annotated[
        str | None, typer.Option("--provider", metavar="PROVIDER", help="The same as the argument.")
    ] = None,
    type_: Annotated[str, typer.Option("--type", metavar="GLOB", help="Only resource types that match.")] = "*",
    provider_version: Annotated[
        str, typer.Option("--provider-version", metavar="VERSION", help="Version constraint, such as '~> 5.0'.")
    ] = "",
) -> int:
    """Write Nix constructors for a provider's resources, which check arguments."""
    from nivis_tofu.authoring import gen as writer
    from nivis_tofu.project import provider_schemas
    from nivis_tofu.views import projects

    wanted = _one(provider, named)
    with bound(common, "nivis gen", flake=False) as b:
        space = b.session.space
        schemas, source = provider_schemas.schemas_of(space, b.session.tofu, wanted, provider_version)
        done = writer.generate(schemas, source, type_, space.project / out, space.destinations)
    return show(common, projects.generated(done, out))


def _one(provider: str | None, named: str | None) -> str:
    if provider and named:
        raise NivisError.of(
            "PROVIDER and --provider exclude each other", f"`{provider}` and `{named}` are two.", "Give one."
        )
    if not (provider or named):
        raise NivisError.of(
            "No provider is named", "", "`nivis gen PROVIDER --out DIR`, e.g. `nivis gen hashicorp/aws …`."
        )
    return provider or named or ""
