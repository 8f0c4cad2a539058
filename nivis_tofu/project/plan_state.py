"""The refreshed state inside a saved plan: a plan file is a zip whose member `tfstate` holds it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from nivis_tofu.ir import snapshot
from nivis_tofu.ir.schema import Known
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.project.schema_cache import BROKEN


def refreshed(plan_file: Path, schemas: Known) -> Snapshot | None:
    """The refreshed state inside a saved plan, or None if it cannot be read (encrypted plans)."""
    try:
        with zipfile.ZipFile(plan_file) as archive:
            text = archive.read("tfstate").decode("utf-8")
    except (KeyError, *BROKEN):
        return None
    return snapshot.read(text, schemas)
