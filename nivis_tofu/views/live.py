"""Events -> a live region at the end of a terminal, with permanent lines above it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import TextIO

from nivis_tofu.core import events as e
from nivis_tofu.core.immutable import immutable
from nivis_tofu.views.cells import cut_left, cut_right, width
from nivis_tofu.views.human import Style
from nivis_tofu.views.progress import Manner, Progress
from nivis_tofu.views.region import Region, Size, in_foreground
from nivis_tofu.views.standing import Row, Standing

MAX_ROWS = 16
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PER_SECOND = 8


class LiveProgress(Progress):
    """`told_again`: the terminal gets the result on stdout too. What was done then is shown in the region, so that
    nothing stands on the screen twice; else each end is a permanent line."""

    def __init__(self, out: TextIO, size: Callable[[], Size], manner: Manner, *, told_again: bool = False) -> None:
        super().__init__(out, manner)
        self._size, self._told_again = size, told_again
        self._region = Region(out)
        self._open = self._aside = False
        # A line that is printed while the thread draws would be garbled.
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, event: e.Event) -> None:
        with self._lock:
            super().__call__(event)

    def line(self, text: str) -> None:
        with self._lock:
            if not self._open or self._aside:
                super().line(text)
                return
            self._region.above(text)
            self._draw()

    def done(self, text: str) -> None:
        if not self._told_again:
            super().done(text)

    @contextmanager
    def aside(self) -> Iterator[None]:
        with self._lock:
            if self._open and not self._aside:
                self._region.close()
                self._aside = True
            yield

    def __enter__(self) -> Progress:
        self._open, self._aside = True, False
        self._region.open()
        self._stop.clear()
        self._thread = threading.Thread(target=self._animate, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        if not self._open:
            return
        self._stop.set()
        if self._thread:
            self._thread.join()
        self._open = False
        if not self._aside:
            self._region.close()
        if any(problem) and self._told_again:
            # No result will tell it.
            for row in (*self.standing.ended, *self.standing.failed):
                self.say(f"{row.name}: {row.rest}", "info")

    def _animate(self) -> None:
        while not self._stop.wait(1 / _PER_SECOND):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        if self._aside and in_foreground(self.out):
            self._region.open()
            self._aside = False
        if self._aside:
            return  # the terminal belongs to the shell
        picture = Picture(self._size(), self.manner.style, whole=self._told_again)
        self._region.draw(picture.rows(self.standing, time.monotonic()))


@immutable(slots=True)
class Picture:
    """What a region of this size shows. `whole`: also what was done, and what failed."""

    size: Size
    style: Style = field(default_factory=Style)
    whole: bool = False

    def rows(self, standing: Standing, now: float) -> list[str]:
        height = max(min(self.size[1] - 1, MAX_ROWS), 1)
        frame = _FRAMES[int(now * _PER_SECOND) % len(_FRAMES)]
        head = standing.head(now)
        rows = [cut_right(f"{frame} {head}", self._space)] if head else []
        return [*rows, *self._resources(standing, now, height - len(rows))] or [""]

    @property
    def _space(self) -> int:
        """Nothing is written into the last column: some terminals go on in the next row then."""
        return max(self.size[0] - 1, 1)

    def _resources(self, standing: Standing, now: float, room: int) -> list[str]:
        """What was done last as far as there is room for it, what failed, what runs."""
        busy = [*(standing.failed if self.whole else []), *standing.rows(now)]
        if len(busy) > room:
            more = [cut_right(f"   … and {len(busy) - room + 1} more", self._space)] if room else []
            return [*map(self._row, busy[: max(room - 1, 0)]), *more]
        done = standing.ended[-(room - len(busy)) :] if self.whole and room > len(busy) else []
        return [self._row(row) for row in (*done, *busy)]

    def _row(self, row: Row) -> str:
        rest = f": {row.rest}"
        name = cut_left(row.name, max(self._space - 3 - width(rest), 1))
        text = cut_right(f" {row.mark or ' '} {name}{rest}", self._space)
        return text.replace(row.mark, self.style.marker(row.mark), 1)
