"""refresh: the state follows what is real."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nivis_tofu.cli.common import Backup, Common, LogLevel, backup_path, verb
from nivis_tofu.cli.engine_json import engine_lines
from nivis_tofu.cli.setup import Bound, bound, style
from nivis_tofu.core import json_text
from nivis_tofu.core.visible import line
from nivis_tofu.views import diff, ending
from nivis_tofu.views.jsonl import FORMAT_VERSION

if TYPE_CHECKING:
    from nivis_tofu.run.refresh import Refreshed


def register(app: typer.Typer) -> None:
    app.command("refresh")(verb(refresh))


def refresh(common: Common, backup: Backup = None) -> int:
    """Compare the state with the real objects and write down what drifted; changes nothing real."""
    run(common, backup=backup)
    return 0


def run(
    common: Common,
    *,
    write: bool = True,
    out: Path | None = None,
    detail: bool = False,
    backup: str | None = None,
    approve: Callable[[Bound, Sequence[str]], bool] | None = None,
    ask: bool = False,
) -> bool:
    """Also `apply --refresh-only`, and, without writing, `plan --refresh-only`; did anything drift?

    `approve` is asked where every change is asked for, with `ask` everywhere.
    """
    from nivis_tofu.run import refresh as refreshing
    from nivis_tofu.run.ending import outputs
    from nivis_tofu.run.saved import SavedRun

    begun = time.monotonic()
    with engine_lines(common, "refresh") as lines, bound(common, "nivis refresh") as b:
        lines.attach(b.session)
        told = b.session.options
        b.session.options = replace(
            told, detail=detail, ask="always" if ask else told.ask, backup=backup_path(b.session, backup)
        )

        def agreed(drifted: Sequence[str]) -> bool:
            return approve is None or not b.session.asks_always or approve(b, drifted)

        if out is None:
            result = refreshing.refresh(b.session, write=write, approve=agreed)
        else:
            result = SavedRun(b.session).plan_refresh_to(b.session.space.project / out)
        lines.refreshed()
    _show(result, common, write=write)
    sys.stdout.flush()
    if write and common.log_level is not LogLevel.quiet:
        known, seconds = outputs(b.session), time.monotonic() - begun
        for row in ending.refreshed(len(result.changed), len(result.gone), seconds, known):
            print(b.session.redactor.redact(row), file=sys.stderr)
    return bool(result.drifted)


def _show(result: Refreshed, common: Common, *, write: bool) -> None:
    for name in result.left_alone:
        print(line(f"left alone: {name}"), file=sys.stderr)
    if common.json:
        document = {"format_version": FORMAT_VERSION, "type": "result", "refreshed": list(result.seen)}
        document |= {"changed": list(result.changed), "gone": list(result.gone)}
        print(json_text.dumps({**document, "left_alone": list(result.left_alone), "ok": True}))
        return
    if common.tofu_json:
        return
    print(f"{'Refreshed' if write else 'Compared'} {len(result.seen)} resource(s).")
    if result.drifted:
        print(f"{len(result.drifted)} drifted:")
    shown = style(common, sys.stdout)
    for name in result.drifted:
        print(f" {shown.marker('~')} {line(name)}{'  gone' if name in result.gone else ''}")
        if name not in result.gone:
            print("".join(f"{row}\n" for row in diff.values(result.attributes.get(name, ()), shown)), end="")
