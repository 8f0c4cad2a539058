"""refresh: the state follows what is real."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import typer

from nivis_tofu import jsontext
from nivis_tofu.cli.bind import bound, style
from nivis_tofu.cli.common import Backup, Common, backup_path, verb
from nivis_tofu.cli.lines import engine_lines
from nivis_tofu.views import diff
from nivis_tofu.views.jsonl import FORMAT_VERSION


def register(app: typer.Typer) -> None:
    app.command("refresh")(verb(refresh))


def refresh(common: Common, backup: Backup = None) -> int:
    """Compare the state with the real objects and write down what drifted; changes nothing real."""
    run(common, backup=backup)
    return 0


def run(
    common: Common, *, write: bool = True, out: Path | None = None, detail: bool = False, backup: str | None = None
) -> bool:
    """Also `apply --refresh-only`, and, without writing, `plan --refresh-only`; did anything drift?"""
    from nivis_tofu import refreshing
    from nivis_tofu.saved import SavedRun

    with engine_lines(common, "refresh") as lines, bound(common, "nivis refresh") as b:
        lines.attach(b.session)
        b.session.options = replace(b.session.options, detail=detail, backup=backup_path(b.session, backup))
        if out is None:
            result = refreshing.refresh(b.session, write=write)
        else:
            result = SavedRun(b.session).plan_refresh_to(b.session.space.project / out)
        lines.refreshed()
    for name in result.left_alone:
        print(f"left alone: {name}", file=sys.stderr)
    if common.json:
        document = {"format_version": FORMAT_VERSION, "type": "result", "refreshed": list(result.seen)}
        document |= {"changed": list(result.changed), "gone": list(result.gone)}
        print(jsontext.dumps({**document, "left_alone": list(result.left_alone), "ok": True}))
        return bool(result.drifted)
    if common.tofu_json:
        return bool(result.drifted)
    print(f"{'Refreshed' if write else 'Compared'} {len(result.seen)} resource(s).")
    if result.drifted:
        print(f"{len(result.drifted)} drifted:")
    shown = style(common, sys.stdout)
    for name in result.drifted:
        print(f" {shown.marker('~')} {name}{'  gone' if name in result.gone else ''}")
        if name not in result.gone:
            print("".join(f"{line}\n" for line in diff.values(result.attributes.get(name, ()), shown)), end="")
    return bool(result.drifted)
