"""Events -> talk on stderr: a live region on a terminal, plain lines with a keepalive elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Literal, TextIO

from nivis_tofu.core import events as e
from nivis_tofu.core.visible import block, line
from nivis_tofu.views import errors
from nivis_tofu.views.human import Style

LogLevel = Literal["quiet", "info", "verbose", "debug"]
_RANK = {"quiet": 0, "info": 1, "verbose": 2, "debug": 3}
_DOING = {"create": "creating", "update": "updating", "delete": "destroying", "read": "reading"}
_DID = {"create": "created", "update": "updated", "delete": "destroyed", "read": "read"}
KEEPALIVE = 30.0


def duration(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60:02d}s"


class Progress:
    """Knows what runs and since when; subclasses show it. One instance a run, used as `emit`."""

    def __init__(self, out: TextIO, level: LogLevel, style: Style = Style()) -> None:  # noqa: B008 - frozen
        self.out, self.level, self.style = out, level, style
        self.stage, self.since = "", time.monotonic()
        self.begun = self.since
        self.running: dict[str, tuple[str, float]] = {}

    def __call__(self, event: e.Event) -> None:
        match event:
            case e.Stage(text=text, phase=phase):
                self.stage, self.since = f"{text} (phase {phase})" if phase > 1 else text, time.monotonic()
                self.staged()
            case e.Told(text=text, level=level):
                self.say(block(text), level)
            case e.Warned(diagnostic=diagnostic):
                self.say(errors.diagnostic(diagnostic, self.style), "info")
            case e.Ran(argv=argv, seconds=seconds, code=code):
                self.say(line(f"ran {' '.join(argv)} -> {code} in {seconds:.2f} s"), "debug")
            case e.Refreshing(id=name):
                self.say(line(f"refreshing {name}"), "debug")
            case e.Started(id=name, action=action):
                self.running[line(name)] = (_DOING.get(action, action), time.monotonic())
                self.started(line(name))
            case e.Working():
                self.changed()
            case e.Done(id=name, action=action, seconds=seconds):
                self.running.pop(line(name), None)
                self.say(f"{line(name)}: {_DID.get(action, action)} after {duration(seconds)}", "info")
            case e.Failed(id=name, action=action):
                self.running.pop(line(name), None)
                self.say(f"{line(name)}: {_DOING.get(action, action)} failed", "info")
            case e.Signalled(count=count):
                self.say(_SIGNAL[min(count, 3) - 1], "info")

    def status(self) -> list[str]:
        """What happens now, one line each; resources that run longest first."""
        now = time.monotonic()
        head = f"{self.stage}, {duration(now - self.since)}" if self.stage else ""
        return [head, *(f"  {n}: {doing}, {duration(now - t)}" for n, (doing, t) in self.running.items())]

    def say(self, text: str, level: e.Level) -> None:
        """One permanent line, if the log level wants it."""
        if _RANK[self.level] >= _RANK[level]:
            self.line(text)

    def line(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def staged(self) -> None: ...

    def started(self, name: str) -> None: ...

    def changed(self) -> None: ...

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None: ...


_SIGNAL = (
    "stopping: the engine was asked to finish what is in flight and to write its state (^C again to insist)",
    "stopping: the engine was told again; killing it now would lose what is in flight (^C once more to kill)",
    "the engine was killed; what was in flight may exist without being in the state",
)


class PlainProgress(Progress):
    """Lines for pipes and CI; says something every 30 s even if nothing happens."""

    def __init__(self, out: TextIO, level: LogLevel, style: Style = Style()) -> None:  # noqa: B008 - frozen
        super().__init__(out, level, style)
        self._stop = threading.Event()
        self._spoke = time.monotonic()
        self._thread: threading.Thread | None = None

    def line(self, text: str) -> None:
        self._spoke = time.monotonic()
        super().line(text)

    def staged(self) -> None:
        self.say(self.stage, "verbose")

    def started(self, name: str) -> None:
        self.say(f"{name}: {self.running[name][0]}", "verbose")

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

    def _keep_alive(self) -> None:
        while not self._stop.wait(1):
            if time.monotonic() - self._spoke >= KEEPALIVE and self.level != "quiet":
                busy = "; ".join(x.strip() for x in self.status() if x)
                self.line(f"still {busy or f'at work, {duration(time.monotonic() - self.begun)}'}")


class LiveProgress(Progress):
    """One live region on a terminal; permanent lines scroll above it."""

    MAX_ROWS = 8

    def __init__(
        self,
        out: TextIO,
        level: LogLevel,
        console: Callable[[], Any],
        style: Style = Style(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(out, level, style)
        self._make = console
        self._live: Any = None
        # Rich's own thread writes outside of its lock: a line printed at that moment would be garbled.
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def line(self, text: str) -> None:
        if self._live is None:
            super().line(text)
            return
        with self._lock:
            # Else the rows as they were drawn last would stand below a line that says otherwise.
            self._live.refresh()
            self._live.console.print(text, soft_wrap=True)

    def __enter__(self) -> Progress:
        from rich.live import Live

        # stdout is the result: rich would turn it into lines of its console.
        self._live = Live(
            console=self._make(),
            get_renderable=self._render,
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        self._stop.clear()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._stop.set()
            if self._thread:
                self._thread.join()
            self._live.stop()
            self._live = None

    def _draw(self) -> None:
        while not self._stop.wait(1 / 8):
            with self._lock:
                self._live.refresh()

    def _render(self) -> Any:
        from rich.text import Text

        # A copy: events change the table while it is drawn.
        rows = [row for row in self.status() if row]
        more = len(rows) - self.MAX_ROWS
        shown = rows[: self.MAX_ROWS] + ([f"  … and {more} more"] if more > 0 else [])
        frame = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[int(time.monotonic() * 8) % 10]
        return Text(f"{frame} " + "\n".join(shown)) if shown else Text("")
