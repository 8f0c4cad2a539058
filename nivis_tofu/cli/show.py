"""show: the whole state, or a saved plan."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nivis_tofu.cli.common import Common, keep, verb
from nivis_tofu.cli.setup import bound, project_directory, style
from nivis_tofu.core import json_text
from nivis_tofu.core.visible import block, line
from nivis_tofu.views import envelope, human
from nivis_tofu.views.values import SENSITIVE, hide, plain


def register(app: typer.Typer) -> None:
    app.command("show")(verb(show))


def show(
    common: Common,
    plan_file: Annotated[Path | None, typer.Argument(metavar="PLANFILE", help="A plan made with `plan -out`.")] = None,
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values.")] = False,
) -> int:
    """Show the state, or a saved plan; --json gives the engine's own document."""
    if plan_file is not None:
        return _plan(common, plan_file)
    with bound(common, "nivis show", lock=False) as b:
        if common.json or common.tofu_json or common.tofu_json_into:
            from nivis_tofu.manage.state_edit import StateWork

            StateWork(b.session).ready()
            document = keep(common, json_text.dumps(b.session.tofu.show_state()[1], indent=2))
            if common.json or common.tofu_json:
                print(document)
                return 0
        from nivis_tofu.manage.state_read import Inspection

        look = Inspection(b.session)
        found = {i: look.show(i) for i in look.ids()}
        outputs = look.outputs()
    blocks = [_block(i, values if show_sensitive else hide(values, hidden)) for i, (values, hidden) in found.items()]
    if outputs:
        values = {n: SENSITIVE if o.sensitive and not show_sensitive else o.value for n, o in outputs.items()}
        blocks.append(_block("Outputs", values))
    print("\n\n".join(blocks) if blocks else "No resources in state.")
    return 0


def _plan(common: Common, file: Path) -> int:
    from nivis_tofu.manage.state_edit import StateWork
    from nivis_tofu.run import plan_view
    from nivis_tofu.run import sidecar as planfile

    path = project_directory(common) / file
    sidecar = planfile.find(path)
    with bound(common, "nivis show", lock=False) as b:
        StateWork(b.session).ready()
        plan, raw = b.session.tofu.show_plan(path)
        known = b.session.space.remembered.ids()
    own = keep(common, json_text.dumps(raw, indent=2))
    if common.tofu_json:
        print(own)
    elif common.json:
        print(envelope.document({**raw, **plan_view.extension(sidecar)}))
    else:
        print(human.plan(plan_view.preview(plan, known, sidecar), style(common, sys.stdout)), end="")
    return 0


def _block(title: str, values: Mapping[str, Any]) -> str:
    return "\n".join([line(title), *(f" {line(key)} = {block(plain(values[key]))}" for key in sorted(values))])
