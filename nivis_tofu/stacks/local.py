"""Tasks on this machine: in forks of this process, so that nothing is loaded again for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nivis_tofu.stacks.executor import Ended, Heard, Said, Stands, Task, words
from nivis_tofu.system.forked import Fork, Forks

_KEPT = 200
"""Lines of a narrative that are kept for the end."""


class Local:
    """`call`: runs a command line, tells where it stands, returns its exit code. `scratch`: for what tasks write."""

    def __init__(self, call: Callable[[Sequence[str], Callable[[str], None]], int], scratch: Path) -> None:
        self._scratch = scratch
        self._forks = Forks(call)
        self._tasks: dict[str, Fork] = {}
        self._told: dict[str, tuple[int, int]] = {}

    def start(self, task: Task) -> None:
        argv = words(task.argv, ["--json-into", str(self._document(task.stack))], task.engine)
        self._tasks[task.stack] = self._forks.start(argv, task.env)
        self._told[task.stack] = 0, 0

    def wait(self, seconds: float) -> list[Heard]:
        ended = self._forks.wait(seconds)
        found: list[Heard] = []
        for stack, child in list(self._tasks.items()):
            said, noted = self._told[stack]
            found += [Said(stack, line) for line in child.lines[said:]]
            # Only the last one counts.
            found += [Stands(stack, head) for head in child.notes[noted:][-1:]]
            self._told[stack] = len(child.lines), len(child.notes)
            if child in ended:
                found.append(self._end(stack, child))
                del self._tasks[stack]
        return found

    def interrupt(self, number: int) -> None:
        self._forks.signal(number)

    def close(self) -> None:
        """Nothing begins any more."""
        self._forks.close()

    def _end(self, stack: str, child: Fork) -> Ended:
        file = self._document(stack)
        document = file.read_text(encoding="utf-8") if file.exists() else ""
        return Ended(stack, child.code, child.stdout.decode("utf-8", "replace"), document, tuple(child.lines[-_KEPT:]))

    def _document(self, stack: str) -> Path:
        return self._scratch / f"{stack}.json"
