"""refresh: the state follows what is real."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nivis_tofu.cli.common import Backup, Common, LogLevel, backup_path, verb
from nivis_tofu.cli.engine_json import engine_lines
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import Bound, bound
from nivis_tofu.views import ending

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session


def register(app: typer.Typer) -> None:
    app.command("refresh")(verb(refresh))


def refresh(common: Common, backup: Backup = None) -> int:
    """Update the state to match the real objects; change nothing real."""
    run(common, backup=backup)
    return 0


def run(
    common: Common,
    *,
    write: bool = True,
    out: Path | None = None,
    detail: bool = False,
    backup: str | None = None,
    approve: Callable[[Bound, Common, Session, Sequence[str]], bool] | None = None,
    ask: bool = False,
) -> bool:
    """Also `apply --refresh-only`, and, without writing, `plan --refresh-only`; did anything drift?

    `approve` is asked where every change is asked for, with `ask` everywhere.
    """
    from nivis_tofu.run import asking
    from nivis_tofu.run import refresh as refreshing
    from nivis_tofu.run.ending import outputs
    from nivis_tofu.run.saved import SavedRun
    from nivis_tofu.views import runs

    begun = time.monotonic()
    with engine_lines(common, "refresh") as lines, bound(common, "nivis refresh") as b:
        session = lines.heard_in(b.session)
        ask_when = "always" if ask else session.options.ask
        session = session.with_options(detail=detail, ask=ask_when, backup=backup_path(session, backup))

        def agreed(there: Session, drifted: Sequence[str]) -> bool:
            return approve is None or not asking.always(there) or approve(b, common, there, drifted)

        if out is None:
            result = refreshing.refresh(session, write=write, approve=agreed)
        else:
            result = SavedRun(session).plan_refresh_to(session.workdir.project / out)
        lines.refreshed(result.snapshot.outputs)
    rows: list[str] = []
    if write and common.log_level is not LogLevel.quiet:
        known, seconds = outputs(session, result.snapshot), time.monotonic() - begun
        rows = ending.refreshed(len(result.changed), len(result.gone), seconds, known)
    page = runs.refreshed(result, map(b.session.redactor.redact, rows), wrote=write)
    show(replace(common, tofu_json_into=None), page)
    return bool(result.drifted)
