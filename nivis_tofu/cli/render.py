"""render: the generated configuration, for stock OpenTofu, pre-workflow hooks and scanners."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.setup import bound
from nivis_tofu.core.visible import line
from nivis_tofu.views import envelope


def register(app: typer.Typer) -> None:
    app.command("render")(verb(render))


def render(
    common: Common,
    out: Annotated[Path, typer.Option("--out", help="Directory to write to.")],
    secrets: Annotated[
        bool, typer.Option("--secrets/--no-secrets", help="Write sensitive values to nivis.auto.tfvars.json (0600).")
    ] = True,
) -> int:
    """Write the configuration of the next phase as `.tf.json` that stock OpenTofu can plan."""
    from nivis_tofu.run.export import export

    with bound(common, "nivis render", engine=False) as b:
        done = export(b.session, b.session.space.project / out, secrets=secrets)
    for id_ in done.held:
        print(line(f"left out, it waits for outputs: {id_}"), file=sys.stderr)
    if done.secrets and not secrets:
        print(f"{done.secrets} sensitive variable(s) are declared without a value.", file=sys.stderr)
    for name in done.unset:
        print(f"backend setting `{name}` is sensitive: give it to `tofu init -backend-config`.", file=sys.stderr)
    if common.json:
        print(envelope.document({"out": str(out), **asdict(done)}, indent=None))
    else:
        print("\n".join(f"{out}/{name}" for name in done.files))
    return 0
