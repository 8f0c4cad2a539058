"""What a run tells while it goes on. Views turn events into text; the engine knows no views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable

HEADS_INTO = "NIVIS_HEADS_INTO"
"""Environment: a file that gets one line, where the run stands; set by who watches many runs from another process."""

Level = Literal["info", "verbose", "debug"]


@immutable(slots=True)
class Stage:
    """What runs from now on, such as `planning`; an empty text means nothing runs."""

    text: str
    phase: int = 0


@immutable(slots=True)
class Counted:
    """So many of the things that this stage is about are done."""

    done: int
    total: int


@immutable(slots=True)
class Outlook:
    """What the run will do in all its phases, as far as that can be predicted."""

    actions: Mapping[str, str] = field(default_factory=dict)
    """id -> create, update, replace or delete."""
    phases: int = 0
    """How many there will be; 0: nobody knows."""
    open: bool = False
    """May more come: members of groups that are pending?"""


@immutable(slots=True)
class Acting:
    """A phase begins to act, or has ended (`ended`)."""

    phase: int
    ended: bool = False


@immutable(slots=True)
class Starting:
    """An engine process is starting these providers, which may take seconds."""

    providers: tuple[str, ...]


@immutable(slots=True)
class Told:
    """One line of narrative."""

    text: str
    level: Level = "info"


@immutable(slots=True)
class Warned:
    diagnostic: Diagnostic


@immutable(slots=True)
class Ran:
    """An engine process ended with exit code `code`; None means that it was stopped."""

    argv: tuple[str, ...]
    seconds: float
    code: int | None


@immutable(slots=True)
class Answered:
    """One Nix process has answered so many questions of an engine, between these moments (seconds since 1970)."""

    questions: int
    began: float
    ended: float


@immutable(slots=True)
class Refreshing:
    id: str
    moment: str = ""
    """When the engine says that it was, as RFC 3339; here and below."""


@immutable(slots=True)
class RefreshEnded:
    id: str
    moment: str = ""


@immutable(slots=True)
class Started:
    id: str
    action: str
    moment: str = ""


@immutable(slots=True)
class Working:
    """A resource is still in progress after so many seconds."""

    id: str
    action: str
    seconds: float


@immutable(slots=True)
class Done:
    id: str
    action: str
    seconds: float
    phase: int
    moment: str = ""


@immutable(slots=True)
class Failed:
    id: str
    action: str
    phase: int
    moment: str = ""


@immutable(slots=True)
class Broke:
    """The run ends with this error; what it has done is kept."""

    error: NivisError


@immutable(slots=True)
class Signalled:
    """The user asked to stop for the `times`-th time."""

    times: int


Event: TypeAlias = (
    Stage
    | Counted
    | Outlook
    | Acting
    | Starting
    | Told
    | Warned
    | Ran
    | Answered
    | Refreshing
    | RefreshEnded
    | Started
    | Working
    | Done
    | Failed
    | Broke
    | Signalled
)
