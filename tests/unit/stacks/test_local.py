"""Tasks as forks: their narrative, their output, the document they write, the code they end with."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from nivis_tofu.stacks.executor import Ended, Heard, Said, Stands, Task
from nivis_tofu.stacks.local import Local


def verb(argv: Sequence[str], stands: Callable[[str], None]) -> int:
    """As a verb of nivis: result on stdout, talk on stderr, JSON where it is told to."""
    what, *_, file = argv
    stands("planning")
    print(f"planned {what}")
    print(f"planning {os.environ['STACK']}", file=sys.stderr)
    Path(file).write_text('{"ok": true}', encoding="utf-8")
    if what == "hang":
        time.sleep(60)
    if what == "raise":
        raise ValueError("not caught anywhere")
    return 3


def ended(local: Local, *tasks: Task) -> tuple[list[Said], list[Ended]]:
    for task in tasks:
        local.start(task)
    said: list[Said] = []
    found: list[Ended] = []
    while len(found) < len(tasks):
        for event in local.wait(1):
            if isinstance(event, Said):
                said.append(event)
            elif isinstance(event, Ended):
                found.append(event)
            else:
                assert event == Stands(event.stack, "planning")
    return said, found


def test_what_a_task_says_prints_and_writes(tmp_path: Path) -> None:
    said, (found,) = ended(Local(verb, tmp_path), Task("net", ("plan",), {"STACK": "net"}))
    assert said == [Said("net", "planning net")]
    assert found == Ended("net", 3, "planned plan\n", '{"ok": true}', ("planning net",))
    assert "STACK" not in os.environ


def test_several_at_once_are_told_apart(tmp_path: Path) -> None:
    tasks = [Task(name, ("plan",), {"STACK": name}) for name in ("a", "b", "c")]
    said, found = ended(Local(verb, tmp_path), *tasks)
    assert {(s.stack, s.line) for s in said} == {(n, f"planning {n}") for n in "abc"}
    assert {e.stack for e in found} == set("abc")


def test_one_that_is_told_to_end_ends(tmp_path: Path) -> None:
    local = Local(verb, tmp_path)
    local.start(Task("a", ("hang",), {"STACK": "a"}))
    while Said("a", "planning a") not in local.wait(1):
        pass
    local.interrupt(15)
    found: list[Heard] = []
    while not found:
        found = [e for e in local.wait(5) if isinstance(e, Ended)]
    (event,) = found
    assert isinstance(event, Ended)
    assert (event.code, event.narrative) == (-15, ("planning a",))


def test_one_that_breaks_takes_nobody_with_it(tmp_path: Path) -> None:
    _, (found,) = ended(Local(verb, tmp_path), Task("a", ("raise",), {"STACK": "a"}))
    assert found.code == 70


@pytest.mark.parametrize("lines", [5000])
def test_a_long_narrative_is_heard_whole_and_kept_in_part(tmp_path: Path, lines: int) -> None:
    def talk(*_: object) -> int:
        sys.stderr.write("".join(f"line {n}\n" for n in range(lines)))
        return 0

    said, (found,) = ended(Local(talk, tmp_path), Task("a", ()))
    assert [s.line for s in said] == [f"line {n}" for n in range(lines)]
    assert len(found.narrative) == 200
    assert found.narrative[-1] == f"line {lines - 1}"


def test_flags_of_the_engine_stay_behind_all_others(tmp_path: Path) -> None:
    def telling(argv: Sequence[str], _: object) -> int:
        print(*argv)
        return 0

    _, (found,) = ended(Local(telling, tmp_path), Task("a", ("plan",), {}, ("-compact-warnings",)))
    assert found.text == f"plan --json-into {tmp_path / 'a.json'} -- -compact-warnings\n"
