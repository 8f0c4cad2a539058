"""Many stacks while they run: a row for each on a terminal, elsewhere each line with the name of its stack."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import TextIO

from nivis_tofu.core.immutable import mutable
from nivis_tofu.core.visible import line
from nivis_tofu.stacks.executor import Said, Stands
from nivis_tofu.stacks.outcome import Result
from nivis_tofu.stacks.run import Began
from nivis_tofu.views.cells import cut_right, width
from nivis_tofu.views.human import Style
from nivis_tofu.views.region import Region, Size
from nivis_tofu.views.stacks import told

_WAITS = "waiting"


class StackLines:
    """For pipes and logs."""

    def __init__(self, out: TextIO, verb: str) -> None:
        self._out, self._verb = out, verb

    def __call__(self, event: Began | Said | Stands | Result) -> None:
        match event:
            case Began() | Stands():
                text = ""
            case Said(stack=stack, line=said):
                text = f"{stack}: {said}"
            case Result():
                text = line(f"{event.stack}: {told(event, self._verb)}") if event.state != "done" else ""
        if text:
            print(text, file=self._out, flush=True)  # what a run says can be shown as it is

    def __enter__(self) -> StackLines:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@mutable
class StackRows:
    """On a terminal; what failed is told in full, above the rows, when it has."""

    out: TextIO
    size: Callable[[], Size]
    names: Iterable[str]
    verb: str
    style: Style = field(default_factory=Style)

    def __post_init__(self) -> None:
        self._region = Region(self.out)
        self._rows = dict.fromkeys(self.names, ("", _WAITS))
        self._since: dict[str, float] = {}
        self._drawn = 0.0

    def __enter__(self) -> StackRows:
        self._region.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._region.close()

    def __call__(self, event: Began | Said | Stands | Result) -> None:
        match event:
            case Began(stack=stack):
                self._since[stack] = time.monotonic()
                self._rows[stack] = ("", "starting")
            case Said():
                return  # where it stands says as much, and more
            case Stands(stack=stack, head=head):
                self._rows[stack] = ("", head)
            case Result():
                mark = "✓" if event.state == "done" else "✗"
                self._rows[event.stack] = (mark, told(event, self.verb))
                if event.state == "failed":
                    for row in event.narrative:
                        self._region.above(f"{event.stack}: {row}")
        # Many lines may come at once.
        if isinstance(event, Result) or time.monotonic() - self._drawn > 0.05:
            self.draw()

    def draw(self) -> None:
        self._drawn = time.monotonic()
        columns, height = self.size()
        room, workdir = max(height - 1, 1), max(columns - 1, 1)
        # What runs is what one looks at; those that have not begun come last.
        order = sorted(self._rows, key=lambda n: (self._rows[n][1] == _WAITS, bool(self._rows[n][0])))
        shown = order if len(order) <= room else order[: room - 1]
        rows = [self._row(name, workdir) for name in sorted(shown, key=list(self._rows).index)]
        if more := len(order) - len(shown):
            rows.append(cut_right(f"   … and {more} more", workdir))
        self._region.draw(rows)

    def _row(self, name: str, workdir: int) -> str:
        mark, text = self._rows[name]
        longest = max(map(width, self._rows))
        row = cut_right(line(f" {mark or ' '} {name}{' ' * (longest - width(name))}  {text}"), workdir)
        return row.replace(mark, self.style.marker(mark), 1) if mark else row
