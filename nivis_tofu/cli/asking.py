"""Questions to a person at a terminal: on stderr, and never with anything else in their row."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Protocol

from nivis_tofu.visible import line


class Pausable(Protocol):
    """A progress view that can be taken away for a while."""

    def __enter__(self) -> object: ...

    def __exit__(self, *_: object) -> None: ...


def question(text: str, *, secret: bool = False) -> str | None:
    """One line that a person types, without its end; None at the end of input. Nothing shows of a secret."""
    try:
        if secret:
            import getpass

            return getpass.getpass(line(text))
        print(line(text), end="", file=sys.stderr, flush=True)
        if answer := sys.stdin.readline():
            return answer.removesuffix("\n")
    except EOFError:
        pass
    except BaseException:
        # A signal: what is said next begins a row of its own.
        print(file=sys.stderr)
        raise
    print(file=sys.stderr)
    return None


@contextlib.contextmanager
def paused(progress: Pausable) -> Iterator[None]:
    """No live region meanwhile; after an error it stays away."""
    progress.__exit__()
    yield
    progress.__enter__()
