"""An error as a program gets it: with all advice there is, and with its words in a traceback."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from nivis_tofu.core.errors import NivisError
from nivis_tofu.views import errors

_Error = TypeVar("_Error", bound=NivisError)


def told(error: _Error) -> _Error:
    """The same error; what the command line would print is a note of it."""
    found = error.with_(*(replace(d, hint=errors.hint(d)) for d in error.diagnostics))
    found.add_note(errors.error(found).rstrip("\n"))
    return found


def refused(problem: OSError, where: str) -> NivisError:
    """The error for a refusal of the operating system."""
    return told(NivisError(errors.refused(problem, where)))
