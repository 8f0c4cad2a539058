"""providers: who uses which provider, in which version."""

from __future__ import annotations

from dataclasses import asdict

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.setup import bound
from nivis_tofu.core.visible import line
from nivis_tofu.views import envelope


def register(app: typer.Typer) -> None:
    app.command("providers")(verb(providers))


def providers(common: Common) -> int:
    """Show each provider configuration, its source, the version locked, and what uses it."""
    from nivis_tofu.manage.providers_used import used

    with bound(common, "nivis providers") as b:
        found = used(b.session)
    if common.json:
        print(envelope.document({"providers": [asdict(u) for u in found]}))
        return 0
    for use in found:
        wanted = f", wanted {use.constraint}" if use.constraint else ""
        print(line(f"{use.key or '(only in the state)'}  {use.source}  {use.version or 'not locked'}{wanted}"))
        for user in use.users:
            print(f"   {line(user)}")
    if not found:
        print("No providers declared.")
    return 0
