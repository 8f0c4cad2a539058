"""Events -> talk on stderr: plain lines, with a keepalive for those who wait. A terminal gets views/live.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from typing import Literal, TextIO

from nivis_tofu.core import events as e
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.visible import block, line
from nivis_tofu.views import errors
from nivis_tofu.views.human import Style
from nivis_tofu.views.sections import Sections
from nivis_tofu.views.standing import DID, DOING, Standing, duration

LogLevel = Literal["quiet", "info", "verbose", "debug"]
_RANK = {"quiet": 0, "info": 1, "verbose": 2, "debug": 3}
KEEPALIVE = 30.0
LOOK = 1.0
"""Seconds between two looks whether it is time to say something."""


@immutable(slots=True)
class Manner:
    """How to talk: how much, in which colours, with timestamps or without."""

    level: LogLevel = "info"
    style: Style = field(default_factory=Style)
    stamp: Callable[[], str] = lambda: ""
    """Begins each line."""
    sections: Sections = field(default_factory=Sections)
    heads: Callable[[str], None] | None = None
    """Gets where the run stands, after each event, if somebody watches many runs."""


class Progress:
    """Tracks the progress of one run; subclasses show it. Used as `emit`."""

    def __init__(self, out: TextIO, manner: Manner = Manner()) -> None:
        self.out, self.manner = out, manner
        self.standing = Standing(begun=time.monotonic())

    def __call__(self, event: e.Event) -> None:
        self.standing.take(event, time.monotonic())
        match event:
            case e.Stage():
                self.say(self.standing.stage, "verbose")
            case e.Acting(phase=phase, ended=ended):
                self.acting(phase, ended)
            case e.Told(text=text, level=level):
                self.say(block(text), level)
            case e.Warned(diagnostic=diagnostic):
                self.say(errors.diagnostic(diagnostic, self.manner.style), "info")
            case e.Ran(argv=argv, seconds=seconds, code=code):
                self.say(line(f"ran {' '.join(argv)} -> {code} in {seconds:.2f} s"), "debug")
            case e.Refreshing(id=name):
                self.say(line(f"refreshing {name}"), "debug")
            case e.Started(id=name, action=action):
                self.say(line(f"{name}: {DOING.get(action, action)}"), "verbose")
            case e.Done(id=name, action=action, seconds=seconds):
                self.done(f"{line(name)}: {DID.get(action, action)} after {duration(seconds)}")
            case e.Failed(id=name, action=action):
                self.done(f"{line(name)}: {DOING.get(action, action)} failed")
            case e.Signalled(times=count):
                self.say(_SIGNAL[min(count, 3) - 1], "info")
        if self.manner.heads:
            self.manner.heads(self.standing.head(time.monotonic()))

    def say(self, text: str, level: e.Level) -> None:
        """One permanent line, if the log level wants it."""
        if _RANK[self.manner.level] >= _RANK[level]:
            self.line(self.manner.stamp() + text)

    def line(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def done(self, text: str) -> None:
        self.say(text, "info")

    def acting(self, phase: int, ended: bool) -> None: ...

    def aside(self) -> AbstractContextManager[None]:
        """Nothing that moves is on the terminal while this holds."""
        return nullcontext()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None: ...


_SIGNAL = (
    "stopping: the engine was asked to finish what is in flight and to write its state (^C again to insist)",
    "stopping: the engine was told again; killing it now would lose what is in flight (^C once more to kill)",
    "the engine was killed; what was in flight may exist without being in the state",
)


WAITS = "Nix has not answered yet (^C stops it)"
"""What is slow about an evaluation; Nix has no time limit, since it may build or fetch as long as that takes."""


class PlainProgress(Progress):
    """Progress as lines for pipes and CI, at least one every 30 s."""

    def __init__(self, out: TextIO, manner: Manner = Manner()) -> None:
        super().__init__(out, manner)
        self._stop = threading.Event()
        self._spoke = time.monotonic()
        self._thread: threading.Thread | None = None
        self._section = ""

    def line(self, text: str) -> None:
        self._spoke = time.monotonic()
        super().line(text)

    def acting(self, phase: int, ended: bool) -> None:
        """Puts each phase into a section; warnings and errors stay outside, so that nobody has to unfold them."""
        mark, title = self.manner.sections, self._section
        if not ended and not title and self.manner.level != "quiet":
            title = self._section = self.standing.place or f"phase {phase}"
            self._mark(mark.begin(title))
        elif ended and title:
            self._section = ""
            self._mark(mark.end(title))

    def _mark(self, text: str) -> None:
        if text:
            self.line(text)

    def __enter__(self) -> Progress:
        # A new one each time: after a question it goes on.
        self._stop.clear()
        self._spoke = time.monotonic()
        self._thread = threading.Thread(target=self._keep_alive, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        self.acting(0, ended=True)

    def _keep_alive(self) -> None:
        while not self._stop.wait(LOOK):
            now = time.monotonic()
            if now - self._spoke >= KEEPALIVE:
                waits = f"; {WAITS}" if self.standing.stage == "evaluating" else ""
                self.say(f"still {self.standing.sentence(now)}{waits}", "info")
