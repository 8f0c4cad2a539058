"""What a run tells while it goes on. Views turn events into text; the engine knows no views.

Named tuples: every start makes these classes, and a dataclass takes seven times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError

HEADS_INTO = "NIVIS_HEADS_INTO"
"""Environment: a file that gets one line, where the run stands; set by who watches many runs from another process."""

Level = Literal["info", "verbose", "debug"]


class Stage(NamedTuple):
    """What runs from now on, such as `planning`; an empty text means nothing runs."""

    text: str
    phase: int = 0


class Counted(NamedTuple):
    """So many of the things that this stage is about are done."""

    done: int
    total: int


class Outlook(NamedTuple):
    """What the run will do in all its phases, as far as that can be predicted."""

    actions: Mapping[str, str] = {}
    """id -> create, update, replace or delete."""
    phases: int = 0
    """How many there will be; 0: nobody knows."""
    open: bool = False
    """May more come: members of groups that are pending?"""


class Acting(NamedTuple):
    """A phase begins to act, or has ended (`ended`)."""

    phase: int
    ended: bool = False


class Starting(NamedTuple):
    """An engine process is starting these providers, which may take seconds."""

    providers: tuple[str, ...]


class Told(NamedTuple):
    """One line of narrative."""

    text: str
    level: Level = "info"


class Warned(NamedTuple):
    diagnostic: Diagnostic


class Ran(NamedTuple):
    """An engine process ended with exit code `code`; None means that it was stopped."""

    argv: tuple[str, ...]
    seconds: float
    code: int | None


class Answered(NamedTuple):
    """One Nix process has answered so many questions of an engine, between these moments (seconds since 1970)."""

    questions: int
    began: float
    ended: float


class Refreshing(NamedTuple):
    id: str
    moment: str = ""
    """When the engine says that it was, as RFC 3339; here and below."""


class RefreshEnded(NamedTuple):
    id: str
    moment: str = ""


class Started(NamedTuple):
    id: str
    action: str
    moment: str = ""


class Working(NamedTuple):
    """A resource is still in progress after so many seconds."""

    id: str
    action: str
    seconds: float


class Done(NamedTuple):
    id: str
    action: str
    seconds: float
    phase: int
    moment: str = ""


class Failed(NamedTuple):
    id: str
    action: str
    phase: int
    moment: str = ""


class Broke(NamedTuple):
    """The run ends with this error; what it has done is kept."""

    error: NivisError


class Signalled(NamedTuple):
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
