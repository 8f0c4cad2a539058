"""Folding marks in the log of a pipeline, where its runner understands them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from nivis_tofu.core.immutable import immutable


@immutable(slots=True)
class Sections:
    """Lines that begin and end a section; empty ones are not printed. `begin` gets a title, `end` the same."""

    begin: Callable[[str], str] = lambda _: ""
    end: Callable[[str], str] = lambda _: ""


def of(env: Mapping[str, str], run: str, clock: Callable[[], float] = time.time) -> Sections:
    """What the environment says of the runner. `run`: tells this run from others in the same log."""
    if env.get("GITHUB_ACTIONS") == "true":
        return Sections(lambda title: f"::group::{title}", lambda _: "::endgroup::")
    if env.get("GITLAB_CI"):
        return Sections(
            lambda title: f"\x1b[0Ksection_start:{int(clock())}:{_name(run, title)}\r\x1b[0K{title}",
            lambda title: f"\x1b[0Ksection_end:{int(clock())}:{_name(run, title)}\r\x1b[0K",
        )
    return Sections()


def _name(run: str, title: str) -> str:
    return f"nivis_{run}_{title}".replace(" ", "_").replace("/", "_of_").lower()
