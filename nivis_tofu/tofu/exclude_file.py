"""Many exclusions go through a file: a command line has an end."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nivis_tofu.tofu.argv import EngineKind, PlanOptions

ABOVE = 100
"""More exclusions than this."""


@contextlib.contextmanager
def through(options: PlanOptions, kind: EngineKind, scratch: Path) -> Iterator[PlanOptions]:
    """The options with many exclusions moved into a temporary file in `scratch`."""
    if len(options.exclude) <= ABOVE or options.exclude_file or kind != "tofu":
        yield options
        return
    handle, name = tempfile.mkstemp(prefix=".nivis-exclude-", dir=scratch)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{address}\n" for address in options.exclude)
        yield replace(options, exclude=(), exclude_file=name)
    finally:
        Path(name).unlink(missing_ok=True)
