"""The view of a run's progress on stderr, as the terminal and the options want it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nivis_tofu.cli.common import Common, LogLevel
from nivis_tofu.cli.many import HEADS
from nivis_tofu.cli.result import style
from nivis_tofu.core.events import HEADS_INTO, Event, Told

if TYPE_CHECKING:
    from nivis_tofu.views.progress import Progress

Tell = Callable[[Event], None]


def view(common: Common, command: str) -> Progress:
    """How this run talks: a live region on a terminal, lines elsewhere."""
    from nivis_tofu.views import sections
    from nivis_tofu.views.live import LiveProgress
    from nivis_tofu.views.progress import Manner, PlainProgress
    from nivis_tofu.views.region import terminal_size

    stamp = _moment if common.timestamps else lambda: ""
    marks = sections.of(os.environ, f"{command.removeprefix('nivis ')}_{os.getpid()}")
    manner = Manner(common.log_level.value, style(common, sys.stderr), stamp, marks, HEADS.get() or _noting(os.environ))
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and common.log_level.value in ("info", "verbose")
    # JSON lines on the same terminal come while it runs.
    if not live or (common.json and sys.stdout.isatty()):
        return PlainProgress(sys.stderr, manner)
    told_again = not (common.json or common.tofu_json) and _same_terminal()
    return LiveProgress(sys.stderr, terminal_size(sys.stderr), manner, told_again=told_again)


def _noting(env: Mapping[str, str]) -> Callable[[str], None] | None:
    """Keeps where the run stands in a file, for somebody who watches it from another process."""
    if not (place := env.get(HEADS_INTO)):
        return None
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)

    def note(text: str) -> None:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{text}\n".encode(), 0)

    return note


def _moment() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} "


def _same_terminal() -> bool:
    """Do stdout and stderr go to one screen?"""
    return sys.stdout.isatty() and os.fstat(sys.stdout.fileno()).st_rdev == os.fstat(sys.stderr.fileno()).st_rdev


def note(text: str, common: Common, tell: Tell) -> None:
    """What a provider logs has a level of its own: it is told although nivis is to be quiet."""
    if common.log_level is LogLevel.quiet:
        print(text, file=sys.stderr)
    else:
        tell(Told(text))
