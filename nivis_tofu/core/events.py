"""What a run tells while it goes on. Views turn events into text; the engine knows no views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nivis_tofu.core.diagnostics import Diagnostic

Level = Literal["info", "verbose", "debug"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs from now on, e.g. `planning`; an empty text: nothing."""

    text: str
    phase: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the run is going to do over all its phases, as far as it can be told before."""

    actions: Mapping[str, str] = field(default_factory=dict)
    """id -> create, update, replace or delete."""
    phases: int = 0
    """How many there will be; 0: nobody knows."""
    open: bool = False
    """May more come: members of groups that are pending?"""


@dataclass(frozen=True, slots=True)
class Acting:
    """A phase begins to act, or (`ended`) has come to its end."""

    phase: int
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Starting:
    """An engine process starts these providers, which may take seconds."""

    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of narrative."""

    text: str
    level: Level = "info"


@dataclass(frozen=True, slots=True)
class Warned:
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Ran:
    """An engine process ended; `code` None: it was stopped."""

    argv: tuple[str, ...]
    seconds: float
    code: int | None


@dataclass(frozen=True, slots=True)
class Refreshing:
    id: str


@dataclass(frozen=True, slots=True)
class Started:
    id: str
    action: str


@dataclass(frozen=True, slots=True)
class Working:
    """Still at it, after so many seconds."""

    id: str
    action: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    id: str
    action: str
    seconds: float
    phase: int


@dataclass(frozen=True, slots=True)
class Failed:
    id: str
    action: str
    phase: int


@dataclass(frozen=True, slots=True)
class Signalled:
    """The user asked to stop, for the `count`th time."""

    count: int


Event: TypeAlias = (
    Stage
    | Outlook
    | Acting
    | Starting
    | Told
    | Warned
    | Ran
    | Refreshing
    | Started
    | Working
    | Done
    | Failed
    | Signalled
)
