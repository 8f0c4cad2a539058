"""Tasks on this machine: each a fork of this process, so that nothing is loaded again for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nivis_tofu.stacks.executor import Ended, Said, Task
from nivis_tofu.system.forked import Fork, Forks

_KEPT = 200
"""Lines of a narrative that are kept for the end."""


class Local:
    """`call`: runs a command line of nivis and returns its exit code. `scratch`: a directory for what tasks write."""

    def __init__(self, call: Callable[[Sequence[str]], int], scratch: Path) -> None:
        self._call, self._scratch = call, scratch
        self._forks = Forks()
        self._tasks: dict[str, Fork] = {}
        self._told: dict[str, int] = {}

    def start(self, task: Task) -> None:
        argv = [*task.argv, "--json-into", str(self._document(task.stack))]
        self._tasks[task.stack] = self._forks.start(lambda: self._call(argv), task.env)
        self._told[task.stack] = 0

    def wait(self, seconds: float) -> list[Said | Ended]:
        ended = self._forks.wait(seconds)
        found: list[Said | Ended] = []
        for stack, child in list(self._tasks.items()):
            found += [Said(stack, line) for line in child.lines[self._told[stack] :]]
            self._told[stack] = len(child.lines)
            if child in ended:
                found.append(self._end(stack, child))
                del self._tasks[stack]
        return found

    def interrupt(self, number: int) -> None:
        self._forks.signal(number)

    def _end(self, stack: str, child: Fork) -> Ended:
        file = self._document(stack)
        document = file.read_text(encoding="utf-8") if file.exists() else ""
        return Ended(stack, child.code, child.stdout.decode("utf-8", "replace"), document, tuple(child.lines[-_KEPT:]))

    def _document(self, stack: str) -> Path:
        return self._scratch / f"{stack}.json"
