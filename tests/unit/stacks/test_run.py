"""A verb over many stacks, on an executor that only pretends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from nivis_tofu.stacks.executor import Ended, Heard, Said, Stands, Task
from nivis_tofu.stacks.order import Order
from nivis_tofu.stacks.outcome import Result
from nivis_tofu.stacks.run import Began, Course, result

USES = Order({"net": frozenset(), "db": frozenset({"net"}), "web": frozenset({"db"}), "log": frozenset()})


@dataclass
class Pretended:
    """Each task ends in the turn after it began, with the code that is set for it."""

    codes: Mapping[str, int | None] = field(default_factory=dict)
    running: list[Task] = field(default_factory=list)
    most: int = 0
    told: list[int] = field(default_factory=list)

    def start(self, task: Task) -> None:
        self.running.append(task)
        self.most = max(self.most, len(self.running))

    def wait(self, seconds: float) -> list[Heard]:
        assert seconds
        task = self.running.pop(0)
        return [Said(task.stack, "working"), Ended(task.stack, self.codes.get(task.stack, 0), "text\n")]

    def interrupt(self, number: int) -> None:
        self.told.append(number)


def run(
    executor: Pretended, *names: str, parallel: int = 4, signals: list[int] | None = None
) -> tuple[dict[str, Result], list[str]]:
    begun: list[str] = []

    def tell(event: Began | Said | Stands | Result) -> None:
        if isinstance(event, Began):
            begun.append(event.stack)

    taken = names or USES.names
    make = lambda name, results: Task(name, ("apply", *sorted(results)))  # noqa: E731 - short
    rows = Course(USES.within(taken), make, executor, parallel, tell, signals if signals is not None else [])
    return rows.run(taken), begun


def states(results: Mapping[str, Result]) -> dict[str, str]:
    return {name: r.state for name, r in results.items()}


def test_each_begins_when_those_before_it_have_ended() -> None:
    results, begun = run(Pretended())
    assert begun == ["log", "net", "db", "web"]
    assert set(states(results).values()) == {"done"}
    assert list(results) == list(USES.names)


def test_a_task_is_told_what_came_before() -> None:
    seen = Pretended()
    run(seen, "net", "db", parallel=1)
    executor = Pretended()
    made: list[Task] = []

    def make(name: str, results: Mapping[str, Result]) -> Task:
        made.append(Task(name, tuple(sorted(results))))
        return made[-1]

    Course(USES.within(["net", "db"]), make, executor, 1).run(["net", "db"])
    assert [t.argv for t in made] == [(), ("net",)]


@pytest.mark.parametrize("parallel", [1, 2, 4])
def test_no_more_run_at_once_than_may(parallel: int) -> None:
    executor = Pretended()
    wide = Order({f"s{n}": frozenset() for n in range(9)})
    make = lambda name, _: Task(name, ())  # noqa: E731 - short
    Course(wide.within(wide.names), make, executor, parallel).run(wide.names)
    assert executor.most == parallel


def test_what_waits_is_looked_at_when_there_is_news() -> None:
    """Lines of the narrative are none: many stacks wait while many lines come."""

    class Chatty(Pretended):
        def wait(self, seconds: float) -> list[Heard]:
            if (found := len(lines)) < 90:
                lines.append(found)
                return [Said(self.running[0].stack, "working")]
            return super().wait(seconds)

    class Looked(dict[str, frozenset[str]]):
        def __getitem__(self, name: str) -> frozenset[str]:
            looks.append(name)
            return super().__getitem__(name)

    lines: list[int] = []
    looks: list[str] = []
    names = [f"s{n}" for n in range(30)]
    before = Looked(dict.fromkeys(names, frozenset()))
    Course(before, lambda name, _: Task(name, ()), Chatty(), 1).run(names)
    assert len(lines) == 90
    assert len(looks) <= 3 * sum(range(1, len(names) + 1)), "at each end once, not at each line"


@pytest.mark.parametrize(("code", "state"), [(1, "failed"), (3, "waits"), (None, "unknown"), (-9, "failed")])
def test_a_failure_stops_only_what_depends_on_it(code: int | None, state: str) -> None:
    results, begun = run(Pretended({"net": code}))
    assert states(results) == {"log": "done", "net": state, "db": "not started", "web": "not started"}
    assert begun == ["log", "net"]
    assert results["db"].because == ("net",)


def test_after_a_signal_nothing_begins_and_what_runs_is_told() -> None:
    signals: list[int] = []

    class Interrupted(Pretended):
        def wait(self, seconds: float) -> list[Heard]:
            if not signals:
                signals.append(2)
                return []
            return super().wait(seconds)

    executor = Interrupted()
    results, begun = run(executor, parallel=1, signals=signals)
    assert begun == ["log"]
    assert executor.told == [2]
    assert states(results)["net"] == "not started"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"changes": [], "outputs": {}}', {"changes": [], "outputs": {}}),
        ('{"type": "stage"}\n{"type": "result", "ok": true}\n', {"type": "result", "ok": True}),
        ("", {}),
        ("[1]", {}),
        ("no JSON", {}),
    ],
)
def test_what_a_task_wrote(text: str, found: object) -> None:
    assert result(Ended("a", 0, "", text)).document == found
