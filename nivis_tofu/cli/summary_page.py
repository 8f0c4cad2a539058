"""The summary page of a pipeline's job, where there is one (GITHUB_STEP_SUMMARY)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.views import errors, markdown


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


@contextlib.contextmanager
def of_failure(verb: str) -> Iterator[None]:
    """Put an error that comes before any result on the page, and raise it again."""
    try:
        yield
    except NivisError as problem:
        append(markdown.failed(problem, verb))
        raise
    except OSError as problem:
        append(markdown.failed(NivisError(errors.refused(problem, "a file that was being written")), verb))
        raise
