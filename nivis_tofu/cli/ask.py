"""Questions to a person at a terminal: on stderr, and never with anything else in their row."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Protocol

from nivis_tofu.core.visible import line


class Pausable(Protocol):
    """A progress view that can be taken away for a while."""

    def __enter__(self) -> object: ...

    def __exit__(self, *_: object) -> None: ...


def question(text: str, *, secret: bool = False) -> str | None:
    """One line that a person types, without its end; None where input ends before the line does.

    Nothing shows of a secret.
    """
    try:
        if secret:
            import getpass

            return getpass.getpass(line(text))
        print(line(text), end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if answer.endswith("\n"):
            if not sys.stdin.isatty():
                print(file=sys.stderr)  # nobody typed the end of the row
            return answer.removesuffix("\n")
    except EOFError:
        pass
    except BaseException:
        # A signal: what is said next begins a row of its own.
        print(file=sys.stderr)
        raise
    print(file=sys.stderr)
    return None


def approved(text: str) -> bool:
    """Ask as OpenTofu does: from a terminal or a pipe, and only `yes` counts."""
    answer = question(f"{text} Only `yes` is accepted: ")
    return (answer or "").rstrip() == "yes"


def affirmed(text: str) -> bool:
    """Ask a person at a terminal, who may answer `y`."""
    return (question(f"{text} [y/N] ") or "").strip().lower() in ("y", "yes")


def named(text: str, name: str) -> bool:
    """Ask for a name, typed in full."""
    return (question(text) or "").rstrip() == name


@contextlib.contextmanager
def paused(progress: Pausable) -> Iterator[None]:
    """Suspend the live region; after an error it stays off."""
    progress.__exit__()
    yield
    progress.__enter__()
