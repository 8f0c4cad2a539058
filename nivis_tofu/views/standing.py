"""Where a run stands, gathered from its events: the words of the live region and of the keepalive."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from nivis_tofu.core import events as e
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.core.visible import line

DOING = {"create": "creating", "update": "updating", "delete": "destroying", "read": "reading"}
DID = {"create": "created", "update": "updated", "delete": "destroyed", "read": "read"}
_NAMED = 3
"""So many names stand in a line; the rest is counted."""


def duration(seconds: float) -> str:
    """`59s`, `3m05s`, `2h03m`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    return f"{whole // 60}m{whole % 60:02d}s" if whole < 3600 else f"{whole // 3600}h{whole % 3600 // 60:02d}m"


@immutable(slots=True)
class Row:
    """One resource: `name` may be cut, `rest` may not."""

    mark: Literal["", "✓", "✗"]
    name: str
    rest: str


@mutable
class Standing:
    """Times are seconds of one clock, which the caller reads."""

    begun: float
    stage: str = ""
    phase: int = 0
    acting: int = 0
    """The last phase that acts, or did."""
    since: float = 0.0
    narrated: str = ""
    """What the engine says that it is doing in a stage before the first phase: `installing hashicorp/aws v5.100.0`."""
    starting: tuple[str, ...] = ()
    counted: e.Counted | None = None
    compared: int = 0
    """Objects that this stage has compared with the state."""
    outlook: e.Outlook = field(default_factory=e.Outlook)
    running: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Name -> what is done to it, since when."""
    ended: list[Row] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)
    _acted: dict[str, set[str]] = field(default_factory=dict)
    _done: int = 0
    _beyond: int = 0
    """How many acted that nobody had announced."""

    def take(self, event: e.Event, now: float) -> None:
        match event:
            case e.Stage(text=text, phase=phase):
                self.stage, self.phase, self.since = text, phase, now
                self.starting, self.compared, self.counted, self.narrated = (), 0, None, ""
            case e.Counted():
                self.counted = event
            case e.Told(text=text, level="verbose") if not self.phase:
                self.narrated = line(text.removesuffix("...")) if text.endswith("...") else ""
            case e.Outlook():
                self.outlook = event
                counts = [self._counts(name) for name in self._acted]
                self._done, self._beyond = sum(done for done, _ in counts), sum(beyond for _, beyond in counts)
            case e.Acting(phase=phase):
                self.phase = self.acting = phase
            case e.Starting(providers=providers):
                self.starting = providers
            case e.Refreshing():
                self.starting, self.compared = (), self.compared + 1
            case e.Started(id=name, action=action):
                self.starting, self.compared = (), 0
                self.running[line(name)] = (DOING.get(action, action), now)
            case e.Done(id=name, action=action, seconds=seconds):
                self.running.pop(line(name), None)
                self._act(name, action)
                self.ended.append(Row("✓", line(name), f"{DID.get(action, action)} after {duration(seconds)}"))
            case e.Failed(id=name, action=action):
                self.running.pop(line(name), None)
                self.failed.append(Row("✗", line(name), f"{DOING.get(action, action)} failed"))

    @property
    def count(self) -> str:
        """`14/28 done`; "" if the total is not known. Reads are not counted."""
        if not self.outlook.actions:
            return ""
        return f"{self._done}/{len(self.outlook.actions) + self._beyond}{'+' if self.outlook.open else ''} done"

    def _act(self, name: str, action: str) -> None:
        # Counted one by one: a watcher asks after each of many.
        done, beyond = self._counts(name)
        self._acted.setdefault(name, set()).add(action)
        now_done, now_beyond = self._counts(name)
        self._done, self._beyond = self._done + now_done - done, self._beyond + now_beyond - beyond

    def _counts(self, name: str) -> tuple[bool, bool]:
        """Does a resource count as done, and as one more than was announced?"""
        actions, told = self._acted.get(name, set()), self.outlook.actions
        acted = bool(actions - {"read"})
        return acted and (told.get(name) != "replace" or len(actions) > 1), acted and name not in told

    @property
    def place(self) -> str:
        """`phase 2/3`; "" if there is only one phase, or none yet."""
        total = self.outlook.phases
        if not self.phase or (self.phase == 1 and total <= 1):
            return ""
        if self.phase > total:
            # Behind the last one nivis only makes sure that it was the last one.
            return f"phase {self.phase}" if self.phase == self.acting or not total else ""
        return f"phase {self.phase}/{total}{'+' if self.outlook.open else ''}"

    def head(self, now: float) -> str:
        """`phase 2/3: applying, 14/28 done, 12s`."""
        if not self.stage:
            return ""
        stage = self.narrated[:1].lower() + self.narrated[1:] or self.stage
        work = f"{self.place}: {stage}" if self.place else stage
        counted = f"{self.counted.done}/{self.counted.total}" if self.counted else ""
        compared = f"{self.compared} compared" if self.compared else ""
        told = [
            work,
            "" if self.narrated else self._starting,
            counted,
            compared,
            self.count,
            duration(now - self.since),
        ]
        return ", ".join(filter(None, told))

    @property
    def _starting(self) -> str:
        if not self.starting:
            return ""
        if len(self.starting) > _NAMED:
            return f"starting {len(self.starting)} providers"
        return f"starting provider{'s' if len(self.starting) > 1 else ''} {', '.join(self.starting)}"

    def rows(self, now: float) -> list[Row]:
        """The resources in progress, the longest first."""
        return [Row("", name, f"{doing}, {duration(now - since)}") for name, (doing, since) in [*self.running.items()]]

    def sentence(self, now: float) -> str:
        """The progress in one line, for output without a live region."""
        rows = [f"{row.name}: {row.rest}" for row in self.rows(now)]
        more = [f"and {len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
        busy = "; ".join(filter(None, [self.head(now), *rows[:_NAMED], *more]))
        return busy or f"at work, {duration(now - self.begun)}"
