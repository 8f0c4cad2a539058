"""doctor: is everything there?"""

from __future__ import annotations

import os

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import project_directory


def register(app: typer.Typer) -> None:
    app.command("doctor")(verb(doctor))


def doctor(common: Common) -> int:
    """Check the installation and say how to install what is missing."""
    from nivis_tofu.insight.doctor import Patient, examine, healthy
    from nivis_tofu.views import projects

    found = examine(Patient(project_directory(common, above=True), dict(os.environ), common.tofu))
    return show(common, projects.doctor(found, well=healthy(found)))
