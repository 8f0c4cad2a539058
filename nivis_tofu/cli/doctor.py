"""doctor: is everything there?"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.setup import project_directory, style
from nivis_tofu.core.errors import ExitCode
from nivis_tofu.core.visible import line
from nivis_tofu.views import envelope

MARKS = {"ok": "✓", "warning": "~", "missing": "-"}


def register(app: typer.Typer) -> None:
    app.command("doctor")(verb(doctor))


def doctor(common: Common) -> int:
    """Say what is installed, from where, what is missing, and the command that mends it."""
    from nivis_tofu.insight.doctor import Patient, examine, healthy

    found = examine(Patient(project_directory(common), dict(os.environ), common.tofu))
    if common.json:
        print(envelope.document({"ok": healthy(found), "findings": [asdict(f) for f in found]}))
        return int(ExitCode.OK if healthy(found) else ExitCode.ERROR)
    look = style(common, sys.stdout)
    for finding in found:
        word = "" if finding.verdict == "ok" else f"{finding.verdict}: "
        print(f" {look.marker(MARKS[finding.verdict])} {line(f'{finding.what}: {word}{finding.found}')}")
        if finding.fix:
            print(f"     fix: {line(finding.fix)}")
    print("Everything needed is there." if healthy(found) else "Something that is needed is missing.")
    return int(ExitCode.OK if healthy(found) else ExitCode.ERROR)
