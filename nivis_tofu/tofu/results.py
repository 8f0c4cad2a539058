"""What a plan or an apply came to, gathered from the stream, and the errors that carry it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, Interrupted
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.core.regex import regex
from nivis_tofu.tofu import messages as m

LOCK_SUMMARY = "Error acquiring the state lock"
TARGETING_WARNINGS = frozenset({"Resource targeting is in effect", "Applied changes may be incomplete"})
NOISE_LINES = 50
_CUT = '{"@level"'
"""Begins a message that the engine could not finish, on a full disk: nothing in it is for the reader."""
End = Literal["plan", "apply"]
"""What a command has to come to the end of."""
_ENDS: Mapping[End, tuple[str, ...]] = {"plan": ("plan",), "apply": ("apply", "destroy")}
_MOMENT = regex(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)([.]\d+)?(?: [+]0000| ?UTC|Z)")


@immutable(slots=True)
class PlanResult:
    """The result of a plan. `changes` and `outputs` omit what stays the same; data read during apply is a change."""

    changes: tuple[m.Planned, ...]
    drift: tuple[m.Drift, ...]
    outputs: Mapping[str, m.OutputChange]
    warnings: tuple[Diagnostic, ...]

    @property
    def has_changes(self) -> bool:
        """Whether an apply would do something; drift alone does not count."""
        return bool(self.changes or self.outputs)


@immutable(slots=True)
class ApplyResult:
    """What was done. A replacement is two entries of one address, `delete` and `create`."""

    planned: tuple[m.Planned, ...]
    complete: tuple[m.ApplyComplete, ...]
    errored: tuple[m.ApplyErrored, ...]
    unfinished: tuple[m.ApplyStart, ...]
    """Started, and no end was reported: what became of it is not known."""
    outputs: Mapping[str, m.OutputChange]
    warnings: tuple[Diagnostic, ...]
    summary: m.ChangeSummary | None


@immutable(slots=True)
class LockInfo:
    """Who holds the state lock, as the engine shows it; empty where the backend does not say."""

    id: str = ""
    path: str = ""
    operation: str = ""
    who: str = ""
    version: str = ""
    created: str = ""
    info: str = ""

    @classmethod
    def parse(cls, detail: str) -> LockInfo:
        """Read the text that the stream shows; for display only."""
        _, _, block = detail.partition("Lock Info:\n")
        found: dict[str, str] = {}
        for line in block.split("\n\n")[0].splitlines():
            key, colon, value = line.strip().partition(":")
            if colon and key.lower() in cls.__dataclass_fields__:
                found[key.lower()] = value.strip()
        return cls(**found)

    def is_later(self, moment: datetime) -> bool:
        """Whether the lock was taken after this moment."""
        found = _MOMENT.match(self.created)
        if not found:
            return False
        taken = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
        return taken + timedelta(seconds=float((found[3] or "0")[:7])) >= moment


class LockHeldError(EngineError):
    """Somebody else holds the state lock; nothing was done."""

    def __init__(self, *diagnostics: Diagnostic, lock: LockInfo, raw: str = "") -> None:
        super().__init__(*diagnostics, raw=raw)
        self.lock = lock


class ApplyFailed(EngineError):
    """A failed apply; `result` says how far it got.

    `died`: the engine gave no reason. Then its state may lack what it has made.
    """

    def __init__(self, *diagnostics: Diagnostic, result: ApplyResult, raw: str = "", died: bool = False) -> None:
        super().__init__(*diagnostics, raw=raw)
        self.result, self.died = result, died


class ApplyInterrupted(Interrupted):
    """An apply ended by a signal; `result` says how far it got."""

    def __init__(self, cause: Interrupted, result: ApplyResult) -> None:
        super().__init__(*cause.diagnostics, signal=cause.signal)
        self.result = result


@mutable
class Collector:
    """Collects the relevant messages of one stream."""

    planned: list[m.Planned] = field(default_factory=list)
    drift: list[m.Drift] = field(default_factory=list)
    running: list[m.ApplyStart] = field(default_factory=list)
    complete: list[m.ApplyComplete] = field(default_factory=list)
    errored: list[m.ApplyErrored] = field(default_factory=list)
    outputs: dict[str, m.OutputChange] = field(default_factory=dict)
    summary: m.ChangeSummary | None = None
    diagnostics: dict[Diagnostic, None] = field(default_factory=dict)
    """In order of appearance, each once."""
    remarks: list[str] = field(default_factory=list)
    """Warnings that are no diagnostics."""
    noise: deque[str] = field(default_factory=lambda: deque(maxlen=NOISE_LINES))
    laments: list[str] = field(default_factory=list)
    """Errors that are no diagnostics; beside those they say nothing new."""

    def add(self, message: m.Message) -> None:
        match message:
            case m.Planned():
                self.planned.append(message)
            case m.Drift():
                self.drift.append(message)
            case m.ApplyStart():
                self.running.append(message)
            case m.ApplyComplete():
                self.complete.append(message)
                self._ended(message)
            case m.ApplyErrored():
                self.errored.append(message)
                self._ended(message)
            case m.Outputs():
                self.outputs |= {change.name: change for change in message.changes}
            case m.ChangeSummary():
                self.summary = message
            case m.DiagnosticMessage():
                self.diagnostics[message.diagnostic] = None
            case m.Noise():
                if not message.line.startswith(_CUT):
                    self.noise.append(message.line)
            case m.Text():
                if message.level == "error":
                    self.laments.append(message.message)
                elif message.level == "warn":
                    self.remarks.append(message.message)
            case m.ApplyProgress() | m.RefreshStart() | m.RefreshComplete() | m.ProvisionerLine() | m.Version():
                pass
            case _:
                assert_never(message)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(item for item in self.diagnostics if item.severity == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(item for item in self.diagnostics if item.severity == "warning")

    def told(self, end: End) -> bool:
        """Did the engine come to the end of this operation? It tells what that came to after it has kept the result."""
        return self.summary is not None and self.summary.operation in _ENDS[end]

    def plan_result(self) -> PlanResult:
        # What is deleted beside something else of the same address is an old object that was left behind. With a new
        # one that is created, it is a replacement that broke off after it had put the old one aside.
        gone = {change.addr for change in self.planned if change.action == "delete"}
        lasting = {change.addr for change in self.planned if change.action not in ("noop", "delete")}
        changes = tuple(
            replace(change, action="replace") if change.action == "create" and change.addr in gone else change
            for change in self.planned
            if change.action != "noop" and not (change.action == "delete" and change.addr in lasting)
        )
        outputs = {name: item for name, item in self.outputs.items() if item.action not in (None, "noop")}
        return PlanResult(changes, tuple(self.drift), outputs, self.warnings)

    def apply_result(self) -> ApplyResult:
        return ApplyResult(
            planned=tuple(change for change in self.planned if change.action != "noop"),
            complete=tuple(self.complete),
            errored=tuple(self.errored),
            unfinished=tuple(self.running),
            # Before it applies, a run without a saved plan announces outputs too: those have an action.
            outputs={name: item for name, item in self.outputs.items() if item.action is None},
            warnings=self.warnings,
            summary=self.summary,
        )

    def _ended(self, message: m.ApplyComplete | m.ApplyErrored) -> None:
        ended = (message.addr, message.action)
        if start := next((begun for begun in self.running if (begun.addr, begun.action) == ended), None):
            self.running.remove(start)
