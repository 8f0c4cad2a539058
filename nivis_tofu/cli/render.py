"""render: the generated configuration, for stock OpenTofu, pre-workflow hooks and scanners."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import bound


def register(app: typer.Typer) -> None:
    app.command("render")(verb(render))


def render(
    common: Common,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory to write to.")],
    secrets: Annotated[
        bool, typer.Option("--secrets/--no-secrets", help="Write sensitive values to a private tfvars file.")
    ] = True,
) -> int:
    """Write the next phase as .tf.json that stock OpenTofu can plan."""
    from nivis_tofu.run.export import export
    from nivis_tofu.views import projects

    with bound(common, "nivis render", engine=False) as b:
        done = export(b.session, b.session.workdir.project / out, secrets=secrets)
    return show(common, projects.rendered(done, out, secrets=secrets))
