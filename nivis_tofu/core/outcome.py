"""What a run came to: values that views turn into text. Actions are the engine's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError


@dataclass(frozen=True, slots=True)
class Hidden:
    """Stands for a value that is not shown: `(sensitive)`, `(known after phase 1)`."""

    text: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """What becomes of one attribute, or of one element of a collection. Values are JSON, or Hidden in parts."""

    path: tuple[str | int, ...]
    """`*` stands for an element of a set."""
    action: Literal["create", "update", "delete"]
    before: Any = None
    after: Any = None
    known_after: int = 0
    """The phase after which the new value is known; 0: it is known now."""
    sensitive: bool = False
    forces: bool = False
    """Is it why the object is replaced?"""
    computed: bool = False
    """Nobody configured it: the provider decides."""
    object: str = ""
    """Which object behind the line, where there are several: an instance, a resource of a module."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan. `action`: create update replace delete noop read unknown move import forget."""

    action: str
    id: str
    type: str = ""
    waits_for: str = ""
    note: str = ""
    previous: str = ""
    attributes: tuple[Attribute, ...] = ()
    drift: tuple[Attribute, ...] = ()
    """What somebody else changed since the last run."""
    reason: str = ""
    """Why the engine replaces or deletes it."""
    address: str = ""
    """Engine address, of one instance where the line is about one."""
    phase: int = 1
    """The phase in which it comes."""
    waits: tuple[str, ...] = ()
    """`<id>.<attr>` of values that are not known before that phase."""


@dataclass(frozen=True)
class Preview:
    """What is to be done over all phases. `total`: managed resources that are in the configuration."""

    lines: tuple[Line, ...]
    outputs: tuple[tuple[str, str], ...] = ()
    total: int = 0
    pending: bool = False
    warnings: tuple[Diagnostic, ...] = ()
    values: Mapping[str, tuple[Attribute, ...]] = field(default_factory=dict)
    """What becomes of the values of outputs, by name."""
    entire: bool = False
    """Does everything go that there is?"""

    @property
    def changes(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.action not in ("noop", "read"))

    @property
    def empty(self) -> bool:
        return not self.changes and not self.outputs

    @property
    def by_phase(self) -> dict[int, tuple[Line, ...]]:
        """The changes of each phase, in order; pending groups are in the one in which they come to be known."""
        found: dict[int, tuple[Line, ...]] = {}
        for line in self.changes:
            found[line.phase] = (*found.get(line.phase, ()), line)
        return dict(sorted(found.items()))

    @property
    def destructive(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.action in ("delete", "replace"))


@dataclass(frozen=True, slots=True)
class Acted:
    """One resource that a run acted on. `actions`: all of them in order, over all phases."""

    id: str
    actions: tuple[str, ...]
    seconds: float = 0.0

    @property
    def word(self) -> str:
        """Nothing for a creation, else what was done."""
        kinds = set(self.actions)
        if "replace" in kinds or {"create", "delete"} <= kinds:
            return "replaced"
        if "delete" in kinds:
            return "destroyed"
        for action, word in (("import", "imported"), ("forget", "forgotten"), ("move", "moved")):
            if kinds == {action}:
                return word
        if "create" in kinds:
            return ""
        return "read" if kinds == {"read"} else "updated"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the engine did: in which phase, how long it took."""

    phase: int
    id: str
    action: str
    seconds: float


@dataclass
class Tally:
    """What has been done so far; filled while the run goes on, so that a failure can tell it too."""

    acted: dict[str, Acted] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    phases: int = 0
    steps: list[Step] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)
    """Changed after that or not."""

    def add(self, id_: str, action: str, seconds: float, phase: int) -> None:
        self.steps.append(Step(phase, id_, action, seconds))
        old = self.acted.pop(id_, Acted(id_, ()))
        self.acted[id_] = Acted(id_, (*old.actions, action), old.seconds + seconds)

    @property
    def counted(self) -> int:
        """Reads are listed, not counted."""
        return sum(1 for a in self.acted.values() if a.word != "read")


Half = Literal["none", "both"]
"""Which objects of a replacement exist: the old one went and the new one did not come, or both are there."""


@dataclass(frozen=True)
class Applied:
    """An apply or destroy that came to its end, or to `error`."""

    tally: Tally
    total: int
    outputs_changed: bool = False
    error: NivisError | None = None
    not_started: tuple[str, ...] = ()
    half: Mapping[str, Half] = field(default_factory=dict)
    """Replacements that stopped half-way: id -> which of its two objects exist now."""
    complete: bool = True
    """Is nothing left to do? False after a failure, and where later phases remain."""
    seconds: float = 0.0
    """How long it took, without the time that a person took to answer."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What they are now, sensitive ones Hidden; empty after a failure."""
    tainted: tuple[str, ...] = ()
    """After a failure: what exists and the next apply replaces."""
    lost: tuple[str, ...] = ()
    """After a failure: what was being created, or was, and is not in the state."""
    unsaved: str = ""
    """The file with the state that the engine could not save."""
