"""One verb over many stacks: each when those before it have ended well, independent ones beside each other.

Data: names, who goes before whom -> tasks for an executor, as many at once as may be -> a Result for each stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import ExitCode
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.stacks.executor import Ended, Executor, Said, Stands, Task
from nivis_tofu.stacks.outcome import Result, State

_TICK = 0.2


@immutable(slots=True)
class Began:
    stack: str


@mutable
class Course:
    """One run. `before`: stack -> those that have to end well first. `make`: its task, given the results so far."""

    before: Mapping[str, frozenset[str]]
    make: Callable[[str, Mapping[str, Result]], Task]
    executor: Executor
    parallel: int
    tell: Callable[[Began | Said | Stands | Result], None] = lambda _: None
    signals: list[int] = field(default_factory=list)
    """Filled by a signal handler: what is running is told, and nothing begins any more."""
    _results: dict[str, Result] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)
    _passed: int = 0

    def run(self, names: Sequence[str]) -> dict[str, Result]:
        """The result of each, in the order of `names`."""
        unsettled, news = list(names), True
        while unsettled or self._running:
            if news:
                unsettled = [name for name in unsettled if not self._settle(name)]
            news = not self._running or self._hear()
        return {name: self._results[name] for name in names}

    def _settle(self, name: str) -> bool:
        """Begin a stack, or say that it will not be; False if it has to wait yet."""
        open_ = self.before[name] - self._results.keys()
        lost = tuple(sorted(n for n in self.before[name] & self._results.keys() if self._results[n].state != "done"))
        if lost or self.signals:
            self._end(Result(name, "not started", because=lost))
            return True
        if open_ or len(self._running) >= self.parallel:
            return False
        self.tell(Began(name))
        self._running.add(name)
        self.executor.start(self.make(name, self._results))
        return True

    def _hear(self) -> bool:
        """Has one ended, or has a signal come?"""
        ended = len(self._results)
        for event in self.executor.wait(_TICK):
            if isinstance(event, Said | Stands):
                self.tell(event)
            else:
                self._running.discard(event.stack)
                self._end(result(event))
        for number in self.signals[self._passed :]:
            self.executor.interrupt(number)
        news = len(self._results) > ended or len(self.signals) > self._passed
        self._passed = len(self.signals)
        return news

    def _end(self, found: Result) -> None:
        self._results[found.stack] = found
        self.tell(found)


def result(ended: Ended) -> Result:
    """What an ended task came to."""
    return Result(ended.stack, _state(ended.code), ended.code, _document(ended.document), ended.text, ended.narrative)


def _state(code: int | None) -> State:
    match code:
        case None:
            return "unknown"
        case ExitCode.OK:
            return "done"
        case ExitCode.NOT_CONVERGED:
            return "waits"
        case _:
            return "failed"


def _document(text: str) -> dict[str, Any]:
    """A document, or the last line of a stream."""
    for candidate in (text, *text.splitlines()[-1:]):
        try:
            found = json_text.loads(candidate)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}
