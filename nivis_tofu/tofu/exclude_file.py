"""Many exclusions go through a file: a command line has an end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nivis_tofu.system.files import write
from nivis_tofu.tofu.argv import EngineKind, PlanOptions

ABOVE = 100
"""More exclusions than this."""


@contextlib.contextmanager
def through(options: PlanOptions, kind: EngineKind, scratch: Path) -> Iterator[PlanOptions]:
    """The options with many exclusions moved into a temporary file in `scratch`."""
    if len(options.exclude) <= ABOVE or options.exclude_file or kind != "tofu":
        yield options
        return
    file = scratch / f".nivis-exclude-{os.urandom(4).hex()}"
    try:
        write(file, "".join(f"{address}\n" for address in options.exclude))
        yield replace(options, exclude=(), exclude_file=str(file))
    finally:
        file.unlink(missing_ok=True)
