"""The end of every verb: its page goes to the standard streams, and its JSON where that is wanted."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TextIO

from nivis_tofu.cli import pager
from nivis_tofu.cli.common import Colour, Common, project_file
from nivis_tofu.system.files import write
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page


class JsonLines:
    """JSON lines while a verb runs, on stdout and in a file, if they are wanted."""

    def __init__(self, *, stdout: bool, file: Path | None) -> None:
        self._stdout, self._file = stdout, file
        if file is not None:
            write(file, "")

    @property
    def wanted(self) -> bool:
        return self._stdout or self._file is not None

    def __call__(self, line: str) -> None:
        if self._stdout:
            print(line, flush=True)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as out:
                out.write(f"{line}\n")

    def in_passing(self, line: str) -> None:
        """If it cannot be written the run goes on, and the last line says so."""
        with contextlib.suppress(OSError):
            self(line)


def show(common: Common, page: Page, lines: JsonLines | None = None) -> int:
    """Print a page; returns the exit code of the verb. `lines`: where a stream of JSON ends with the document."""
    if lines and lines.wanted:
        lines(page.document())
    elif lines is None:
        keep(common, page)
    print(page.before(style(common, sys.stderr)), end="", file=sys.stderr)
    if not common.json:
        text = "" if common.tofu_json else page.text(style(common, sys.stdout))
        if not pager.shows(text, wanted=common.pager and page.reading):
            print(text, end="")
    elif lines is None:
        print(page.document())
    if after := page.after(style(common, sys.stderr)):
        try:
            sys.stdout.flush()
        finally:
            print(after, end="", file=sys.stderr)
    return int(page.code)


def keep(common: Common, page: Page) -> None:
    """Write the document to the file of `-json-into`, if there is one."""
    if common.tofu_json_into:
        write(json_file(common, common.tofu_json_into), f"{page.document()}\n")


def json_file(common: Common, file: Path) -> Path:
    """A file for JSON: only JSON is overwritten, and no state of the project. Raises NivisError."""
    from nivis_tofu.project.backends import Memory
    from nivis_tofu.system import destination

    # Absolute, since a file that was looked at before comes here again.
    project = project_file(common, Path()).absolute()
    now = Memory.read(project / ".nivis" / common.namespace.work / "backend.json").now
    kept = [project / str(place) for place in (common.state_file, now.get("file"), now.get("folder")) if place]
    return destination.Destinations(project, kept).stream(project / file, "the JSON", destination.is_json)


def style(common: Common, out: TextIO) -> Style:
    return Style(colour=coloured(common.color, out))


def coloured(choice: Colour, out: TextIO) -> bool:
    match choice:
        case Colour.always:
            return True
        case Colour.never:
            return False
        case Colour.auto:
            if os.environ.get("NO_COLOR"):
                return False
            return bool(os.environ.get("CLICOLOR_FORCE")) or out.isatty()
