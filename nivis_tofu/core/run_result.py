"""What a run has done, for programs: the value that it returns, or that its error carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import SENSITIVE
from nivis_tofu.core.plain import Json

Action: TypeAlias = Literal["create", "update", "replace", "delete", "read", "move", "import", "forget", "unknown"]
"""`unknown`: of a group whose members are not known yet. A deposed object is a `delete`."""


class OutputValues(dict[str, Json]):
    """Values by name; those that are `sensitive` do not appear in its text."""

    sensitive: frozenset[str]
    """Names of outputs that are secret."""

    def __init__(self, values: Mapping[str, Json] | None = None, sensitive: Collection[str] = ()) -> None:
        super().__init__(values or {})
        self.sensitive = frozenset(sensitive)

    def __repr__(self) -> str:
        return repr({name: SENSITIVE if name in self.sensitive else value for name, value in self.items()})


@immutable
class AppliedChange:
    """One resource that a run acted on."""

    id: str
    action: Action
    phase: int
    """The last phase that acted on it."""
    seconds: float
    """How long it took, over all phases."""


@immutable
class RunResult:
    """What an apply or a destroy did. An error carries one, too, if the run had begun: how far it came."""

    changes: tuple[AppliedChange, ...] = ()
    """In the order in which they ended; without what only was read."""
    outputs: OutputValues = field(default_factory=OutputValues)
    """All outputs after the run; empty after a destroy or a failure."""
    complete: bool = True
    """Is nothing left to do? False after a failure, and where later phases remain."""
    phases: int = 0
    """How many phases acted on something."""
    seconds: float = 0.0
    warnings: tuple[Diagnostic, ...] = ()
    failed: tuple[str, ...] = ()
    """Ids of what could not be created, changed or destroyed."""
    unfinished: tuple[str, ...] = ()
    """Ids of what had begun when the run was cut off: what became of it is not known."""
    not_started: tuple[str, ...] = ()
    """Ids of what was to come and did not."""
    tainted: tuple[str, ...] = ()
    """Ids of what exists and the next apply replaces."""
    lost: tuple[str, ...] = ()
    """Ids of what was created, or may have been, and is not in the state."""
    unsaved: str = ""
    """Name of the file with the state, if the engine could not save it."""
