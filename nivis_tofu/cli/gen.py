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
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write files there instead of a flake in the Nix store."),
    ] = None,
    provider: Annotated[
        str | None, typer.Argument(metavar="PROVIDER", help="Source of the provider, such as hashicorp/aws.")
    ] = None,
    named: Annotated[
        str | None, typer.Option("--provider", metavar="PROVIDER", help="The same as the argument.")
    ] = None,
    type_: Annotated[str, typer.Option("--type", metavar="GLOB", help="Only types that match; needs --out.")] = "*",
    provider_version: Annotated[
        str, typer.Option("--provider-version", metavar="VERSION", help="Version constraint, such as '~> 5.0'.")
    ] = "",
) -> int:
    """Write Nix constructors for a provider's resources, which check arguments."""
    from nivis_tofu.api.generated_inputs import stored
    from nivis_tofu.authoring import gen as writer
    from nivis_tofu.core.events import Counted, Stage
    from nivis_tofu.nix import generated
    from nivis_tofu.project import provider_schemas
    from nivis_tofu.views import projects

    wanted = _one(provider, named)
    if out is None and type_ != "*":
        raise NivisError.of(
            "--type needs --out",
            "A flake in the Nix store has all types of a provider, of which Nix reads only those that are used.",
            "Leave --type out, or name a directory with --out.",
        )
    with bound(common, "nivis gen", flake=False) as b:
        session = b.session
        session.emit(Stage("reading the provider's schemas"))
        found = provider_schemas.schemas_of(session.workdir, session.tofu, wanted, provider_version)
        types = writer.chosen(found, type_)
        if out is None:
            made = stored(session, types, found.source.rsplit("/", 1)[-1])
            declared = made in generated.inputs(session.workdir.project)
            return show(common, projects.stored(types.generated, made.name, made.path, made.text, declared=declared))
        session.emit(Stage("writing constructors"))
        tell = lambda done, total: session.emit(Counted(done, total))  # noqa: E731 - short
        writer.into_directory(types, session.workdir.project / out, session.workdir.destinations, tell)
    return show(common, projects.generated(types.generated, out))


def _one(provider: str | None, named: str | None) -> str:
    if provider and named:
        raise NivisError.of(
            "PROVIDER and --provider exclude each other", f"`{provider}` and `{named}` are two.", "Give one."
        )
    if not (provider or named):
        raise NivisError.of("No provider is named", "", "`nivis gen PROVIDER`, such as `nivis gen hashicorp/aws`.")
    return provider or named or ""
