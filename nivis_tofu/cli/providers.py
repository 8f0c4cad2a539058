"""providers: who uses which provider, in which version."""

from __future__ import annotations

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound


def register(app: typer.Typer) -> None:
    app.command("providers")(verb(providers))


def providers(common: Common) -> int:
    """List provider configurations, their versions, and what uses them."""
    from nivis_tofu.manage.providers_used import used
    from nivis_tofu.views import projects

    with bound(common, "nivis providers", engine=False) as b:
        found = used(b.session)
    return show(common, projects.providers(found))
