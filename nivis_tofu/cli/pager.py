"""Long text on a terminal goes through a pager, as it does with git."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from nivis_tofu.core import visible
from nivis_tofu.core.regex import regex

_SHELL = regex(r"[|&;<>()$`\\\"' \t\n*?\[#~=%]")
_NOT_RUN = (126, 127)
"""Exit codes of a shell that cannot run a command."""


def choose(env: Mapping[str, str], *, wanted: bool) -> str:
    """The shell command of the pager; "" means none."""
    if not wanted or env.get("TERM") == "dumb" or env.get("CI", "").lower() not in ("", "0", "false"):
        return ""
    for name in ("NIVIS_PAGER", "PAGER"):
        if name in env:
            return "" if env[name].strip() in ("", "cat") else env[name].strip()
    return "less" if shutil.which("less", path=env.get("PATH")) else ""


def fits(text: str, columns: int, rows: int) -> bool:
    """Whether the text fits on one screen with the prompt below it."""
    from nivis_tofu.views.cells import width

    found = text.splitlines()
    if len(found) >= rows:
        return False
    return sum(max(1, -(-width(visible.uncoloured(row)) // columns)) for row in found) < rows


def shows(text: str, *, wanted: bool) -> bool:
    """Show a text through the pager if stdout is a terminal that it does not fit on; False if it was not shown."""
    if not (sys.stdout.isatty() and (pager := choose(os.environ, wanted=wanted)) and _is_long(text)):
        return False
    sys.stdout.flush()
    if _run(pager, text):
        return True
    print(f"warning: the pager `{pager}` cannot be run; all of it follows", file=sys.stderr)
    return False


def _is_long(text: str) -> bool:
    from nivis_tofu.views.region import terminal_size

    return not fits(text, *terminal_size(sys.stdout)())


def _run(pager: str, text: str) -> bool:
    """False: there is no such program. Whoever leaves it early has read enough."""
    from nivis_tofu.system import process

    if not _SHELL.search(pager) and not shutil.which(pager):
        return False
    # What git sets: end at once if it fits, keep colours, leave what was read on the screen.
    env = {"LESS": "FRX", "LV": "-c", **{k: v for k, v in os.environ.items() if not k.startswith(process.OURS)}}
    data = text.encode("utf-8", sys.stdout.errors or "strict")
    argv = ("/bin/sh", "-c", pager if _SHELL.search(pager) else f"exec {shlex.quote(pager)}")
    return process.attached(argv, cwd=Path.cwd(), env=env, stdin=data) not in _NOT_RUN
