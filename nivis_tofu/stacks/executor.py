"""Where a verb runs for one stack, as an interface: here, or on the machines of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypeAlias

from nivis_tofu.core.immutable import immutable


@immutable
class Task:
    """A command line of nivis for one stack."""

    stack: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """What is added to the environment."""
    engine: tuple[str, ...] = ()
    """Flags of the engine's plan."""


def words(argv: Sequence[str], more: Iterable[str], engine: Sequence[str]) -> list[str]:
    """A command line with more options of ours; what is for the engine stays behind all of them."""
    return [*argv, *more, *(["--", *engine] if engine else [])]


@immutable(slots=True)
class Said:
    """A line of the narrative of a task, as it comes."""

    stack: str
    line: str


@immutable(slots=True)
class Stands:
    """Where a task stands: phase, counts, what is done."""

    stack: str
    head: str


Heard: TypeAlias = "Said | Stands | Ended"


@immutable(slots=True)
class Ended:
    """A task that has ended."""

    stack: str
    code: int | None
    """Its exit code; None: nobody knows what became of it."""
    text: str = ""
    """What it printed to stdout."""
    document: str = ""
    """What it wrote as JSON: a document, or lines with the result in the last one."""
    narrative: Sequence[str] = ()
    """The end of what it said on stderr."""


class Executor(Protocol):
    """Runs tasks beside each other. The caller decides what may run when."""

    def start(self, task: Task) -> None: ...

    def wait(self, seconds: float) -> list[Heard]:
        """What has happened since the last call, at once if something has."""
        ...

    def interrupt(self, number: int) -> None:
        """Pass a signal on to what is running."""
        ...
