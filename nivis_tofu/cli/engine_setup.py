"""setup: an engine of nivis' own, downloaded and verified."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated, TextIO

import typer

from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.result import show
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError

BEAT = 5.0
"""Seconds between two lines about a download where nothing can be drawn."""


def register(app: typer.Typer) -> None:
    app.command("setup")(verb(setup))


def setup(
    common: Common,
    archive: Annotated[
        Path | None, typer.Option("--from", metavar="ZIP", help="Install this archive instead of downloading one.")
    ] = None,
) -> int:
    """Download and verify the OpenTofu release that this nivis is tested with."""
    from nivis_tofu.release import install
    from nivis_tofu.release.pinned import pinned
    from nivis_tofu.release.transfer import UnavailableError
    from nivis_tofu.system import locate
    from nivis_tofu.views import projects

    env = dict(os.environ)
    release = pinned(env)
    meter = Meter(sys.stderr)
    cache = install.Cache(locate.cache_dir(env), env, meter.tell, meter)
    if archive is not None and not archive.is_file():
        raise NivisError.of("No such archive", f"{archive} is not a file.", install.offline(release))
    make = None if archive is None else lambda exe: install.unpack(archive, release, exe)
    try:
        exe = install.install(release, cache, make)
    except UnavailableError as error:
        raise _offline(error, install.offline(release)) from error
    finally:
        meter.end()
    _tell_others(common, env, exe)
    return show(common, projects.engine_ready(exe, release.version, release.sha256))


def _offline(error: NivisError, hint: str) -> NivisError:
    found = error.diagnostics[0]
    return NivisError(Diagnostic(found.summary, found.detail, hint))


def _tell_others(common: Common, env: dict[str, str], exe: Path) -> None:
    """What else decides whether nivis can run: another engine that comes first, and Nix."""
    from nivis_tofu.api.tools import engine_of
    from nivis_tofu.system import locate

    try:
        used = engine_of(common.tofu, Path(), env)
        if used.exe != exe:
            print(f"note: {used.exe} ({used.source}) comes before this one, so nivis uses it", file=sys.stderr)
        locate.find_nix(env)
    except NivisError as error:
        found = error.diagnostics[0]
        print(f"still missing: {found.summary}; {found.hint}", file=sys.stderr)


class Meter:
    """The progress of a download: a line that is redrawn on a terminal, otherwise a line now and then."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._live = out, out.isatty() and os.environ.get("TERM") != "dumb"
        self._last = time.monotonic()
        self._drawn = False

    def __call__(self, done: int, whole: int) -> None:
        now = time.monotonic()
        if now - self._last < (0.1 if self._live else BEAT) and done != whole:
            return
        self._last = now
        text = f"{done / 1e6:.1f} of {whole / 1e6:.1f} MB" if whole else f"{done / 1e6:.1f} MB"
        if self._live:
            print(f"\r  {text}\x1b[K", end="", file=self._out, flush=True)
            self._drawn = True
        else:
            print(f"  {text}", file=self._out, flush=True)

    def tell(self, text: str) -> None:
        self.end()
        print(text, file=self._out, flush=True)

    def end(self) -> None:
        """Leave the line that was drawn."""
        if self._drawn:
            print(file=self._out)
            self._drawn = False
