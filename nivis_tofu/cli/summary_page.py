"""The summary page of a pipeline's job, where there is one (GITHUB_STEP_SUMMARY)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Preview
from nivis_tofu.views import errors


def wanted() -> bool:
    """Whether there is a summary page."""
    return bool(os.environ.get("GITHUB_STEP_SUMMARY"))


def append(text: str) -> None:
    """Append to the page; a failure is only a warning on stderr."""
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(target).open("a", encoding="utf-8") as out:
                out.write(text + "\n")
        except OSError as problem:
            # The run itself has its own end, which is still to be told.
            print(f"warning: the summary was not written: {target}: {problem.strerror}", file=sys.stderr)


def planned(preview: Preview) -> None:
    """Append what a plan says."""
    if wanted():  # else nothing is written, and what writes it need not be loaded
        from nivis_tofu.views import markdown

        append(markdown.plan(preview))


def applied(result: Applied, verb: str) -> None:
    """Append what a run has done."""
    if wanted():
        from nivis_tofu.views import markdown

        append(markdown.applied(result, verb))


def _failed(problem: NivisError, verb: str) -> None:
    if wanted():
        from nivis_tofu.views import markdown

        append(markdown.failed(problem, verb))


@contextlib.contextmanager
def of_failure(verb: str) -> Iterator[None]:
    """Put an error that comes before any result on the page, and raise it again."""
    try:
        yield
    except NivisError as problem:
        _failed(problem, verb)
        raise
    except OSError as problem:
        _failed(NivisError(errors.refused(problem, "a file that was being written")), verb)
        raise
