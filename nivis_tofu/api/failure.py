"""An error as a program gets it: with all advice there is, and with its words in a traceback."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TypeVar

from nivis_tofu.core.errors import Interrupted, NivisError
from nivis_tofu.views import errors

_Error = TypeVar("_Error", bound=NivisError)


def told(error: _Error) -> _Error:
    """The same error; what the command line would print is a note of it."""
    found = error.with_(*(replace(d, hint=errors.hint(d)) for d in error.diagnostics))
    found.add_note(errors.error(found).rstrip("\n"))
    return found


def pass_on(error: NivisError) -> None:
    """Send a signal that ended a run to whom it belongs: while the engine ran nivis had it, for the state to be saved.

    Raises what the handler of the program raises, such as KeyboardInterrupt.
    """
    if not (isinstance(error, Interrupted) and error.signal):
        return
    try:
        signal.raise_signal(error.signal)
    except BaseException as interruption:
        done = ", ".join(f"{c.action} {c.id}" for c in error.run_result.changes) if error.run_result else ""
        interruption.add_note(f"The state is saved. Done before: {done or 'nothing'}.")
        raise interruption from None


def refused(problem: OSError, where: str) -> NivisError:
    """The error for a refusal of the operating system."""
    return told(NivisError(errors.refused(problem, where)))
