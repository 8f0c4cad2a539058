"""What a run came to: values that views turn into text. Actions are the engine's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any, Literal

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable, mutable


class PlanStyle(StrEnum):
    """How much of a plan is shown: names, changed attributes, or everything."""

    list = "list"
    diff = "diff"
    full = "full"


@immutable(slots=True)
class Provenance:
    """Where a value that is not known yet comes from."""

    how: Literal["nix", "reference", "expression"]
    """Who makes it: Nix, the engine by a plain reference, or an expression of the engine."""
    refs: tuple[str, ...]
    """`id.attribute` of everything it needs."""
    parts: tuple[str | Provenance, ...] = ()
    """Of a text: what is known of it as strings, and the provenance of the rest."""


@immutable(slots=True)
class Hidden:
    """Placeholder for a value that is not shown: `(sensitive)`, or known after a phase."""

    text: str
    # What is shown in its place is the text; where the value comes from makes no difference to it.
    known_after: int = field(default=0, repr=False)
    provenance: Provenance | None = field(default=None, repr=False)


@immutable(slots=True)
class Attribute:
    """The change of one attribute or of one element of a collection. Values are JSON with Hidden parts."""

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
    provenance: Provenance | None = None
    """Where the new value comes from, if it is not known yet and was configured."""
    object: str = ""
    """Which object behind the line, where there are several: an instance, a resource of a module."""


@immutable(slots=True)
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
    """The phase in which it comes; 0: nothing is done."""
    waits: tuple[str, ...] = ()
    """`<id>.<attr>` of the values that are known only after the phase before, and that it waits for."""
    derived_from: tuple[str, ...] = ()
    """`id.attribute` of every value from which Nix computes something of it."""
    unchanged: int = 0
    """How many attributes stay as they are."""


THEN_CHANGED = "then changed"
"""Note of an import that changes what it brings in."""


@immutable(slots=True)
class Counts:
    """The totals of a plan as the engine counts them: a replacement adds one and destroys one."""

    imported: int = 0
    added: int = 0
    changed: int = 0
    destroyed: int = 0
    forgotten: int = 0


@immutable
class Preview:
    """What a run will do in all phases. `total` counts the managed resources of the configuration."""

    lines: tuple[Line, ...]
    outputs: tuple[tuple[str, str], ...] = ()
    total: int = 0
    pending: bool = False
    warnings: tuple[Diagnostic, ...] = ()
    values: Mapping[str, tuple[Attribute, ...]] = field(default_factory=dict)
    """What becomes of the values of outputs, by name."""
    entire: bool = False
    """Does everything go that there is?"""
    builds: tuple[str, ...] = ()
    """Store paths of the files that Nix builds for it."""
    upstream: tuple[str, ...] = ()
    """What it waits for of other stacks, a sentence each."""

    @property
    def changes(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.action not in ("noop", "read"))

    @property
    def empty(self) -> bool:
        return not self.changes and not self.outputs

    @property
    def counts(self) -> Counts:
        """The totals; groups whose existence is not known yet are not counted."""
        of = Counter(line.action for line in self.changes)
        also = sum(1 for line in self.changes if line.action == "import" and line.note == THEN_CHANGED)
        return Counts(
            of["import"],
            of["create"] + of["replace"],
            of["update"] + also,
            of["delete"] + of["replace"],
            of["forget"],
        )

    @property
    def by_phase(self) -> Mapping[int, tuple[Line, ...]]:
        """Phase -> its lines; a pending group is in the phase in which it becomes known."""
        found: dict[int, list[Line]] = {}
        for line in self.changes:
            found.setdefault(line.phase, []).append(line)
        return {phase: tuple(lines) for phase, lines in sorted(found.items())}

    @property
    def waits(self) -> Mapping[int, tuple[str, ...]]:
        """Phase -> `<id>.<attr>` of the values that something in it waits for."""
        found = {n: dict.fromkeys(w for line in lines for w in line.waits) for n, lines in self.by_phase.items()}
        return {n: tuple(values) for n, values in found.items() if values}

    @property
    def destructive(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.action in ("delete", "replace"))


@immutable(slots=True)
class Acted:
    """One resource that a run acted on. `actions`: all of them in order, over all phases."""

    id: str
    actions: tuple[str, ...]
    seconds: float = 0.0

    @property
    def word(self) -> str:
        """ "" for a creation, otherwise what was done: `updated`, `replaced` …"""
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


@immutable(slots=True)
class Step:
    """One thing the engine did, its phase, and how many seconds it took."""

    phase: int
    id: str
    action: str
    seconds: float


@mutable
class Tally:
    """What has been done so far; filled during the run, so that a failure can report it, too."""

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
        """How many resources were acted on, without reads."""
        return sum(1 for a in self.acted.values() if a.word != "read")


Half = Literal["none", "both"]
"""Which objects of a replacement exist: the old one went and the new one did not come, or both are there."""


@immutable
class Applied:
    """The result of an apply or destroy, which may have ended with `error`."""

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
