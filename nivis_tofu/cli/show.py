"""show: the whole state, or a saved plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nivis_tofu.cli import result
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.setup import bound, project_directory
from nivis_tofu.core.errors import EngineError, NivisError

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session


def register(app: typer.Typer) -> None:
    app.command("show")(verb(show))


def show(
    common: Common,
    plan_file: Annotated[Path | None, typer.Argument(metavar="PLANFILE", help="A plan saved by `plan -out`.")] = None,
    show_sensitive: Annotated[bool, typer.Option("--show-sensitive", help="Print sensitive values, too.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print PLANFILE as a Markdown document.")] = False,
) -> int:
    """Show the state or a saved plan."""
    from nivis_tofu.manage.state_edit import ready
    from nivis_tofu.manage.state_read import Inspection
    from nivis_tofu.views import page, state

    if plan_file is not None:
        return _plan(common, plan_file, markdown=markdown)
    if markdown:
        raise NivisError.of(
            "Nothing to review",
            "--markdown is a document about a saved plan, and no PLANFILE was named.",
            "`nivis plan -out FILE`, then `nivis show --markdown FILE`; or `nivis plan --markdown`.",
        )
    common = replace(common, json=common.json or common.tofu_json)
    with bound(common, "nivis show", lock=False) as b:
        raw: Mapping[str, Any] = {}
        text: page.Text = page.nothing
        if common.json or common.tofu_json_into:
            raw = _state(ready(b.session))
        if not common.json:
            look = Inspection(b.session)
            text = state.whole({i: look.show(i) for i in look.ids()}, look.outputs(), secrets=show_sensitive)
    return result.show(common, state.engine(raw, text))


def _state(session: Session) -> Mapping[str, Any]:
    """The engine's document of the state. Raises NivisError: of one that is damaged the same as every verb."""
    try:
        return session.tofu.show_state()[1]
    except EngineError:
        session.workdir.state.snapshot()
        raise


def _plan(common: Common, file: Path, *, markdown: bool) -> int:
    from nivis_tofu.manage.state_edit import ready
    from nivis_tofu.run import plan_view
    from nivis_tofu.views import runs

    path = project_directory(common, above=True) / file
    with bound(common, "nivis show", lock=False) as b:
        session = ready(b.session)
        found = plan_view.saved(session, path)
        raw, preview = found.raw, found.preview
        if markdown:
            session.redactor.add(plan_view.secrets(found.plan))
            preview = plan_view.detailed(preview, found.plan, session.workdir.schemas, session.redactor.redact)
    result.keep(common, runs.saved(raw, {}, preview, own=True))
    page = runs.saved(
        raw, plan_view.extension(found.beside), preview, runs.Wanted(markdown=markdown), own=common.tofu_json
    )
    common = replace(common, json=common.json or common.tofu_json, tofu_json_into=None)
    return result.show(common, page)
