"""What the last run left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.system.journal import Interruption, Journal


def journal(tmp_path: Path) -> Journal:
    found = Journal(tmp_path / "journal.jsonl")
    found.begin()
    return found


def test_a_run_that_ended_leaves_nothing(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=1)
    j.note("start", id="a", action="create")
    j.note("done", id="a")
    j.note("end")
    assert j.interruption() is None


def test_what_was_in_flight(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=1)
    j.note("start", id="old", action="create")
    j.note("phase", phase=2)
    for name in ("a", "b", "c"):
        j.note("start", id=name, action="create")
    j.note("done", id="a")
    j.note("failed", id="b")
    # What was done is told too: if the engine died as well, its state may not say so.
    assert j.interruption() == Interruption(("a", "c"))


@pytest.mark.parametrize("ended", ["", "create", "create delete"])
def test_what_was_made_before_the_old_object_went(tmp_path: Path, ended: str) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=1)
    for action in ("create", "delete"):
        j.note("start", id="a", action=action, was="0123")
        if action not in ended:
            break
        j.note("done", id="a")
    assert j.interruption() == Interruption(("a",), {"a": "0123"})


def test_a_creation_that_failed_made_nothing_and_a_deletion_that_did_takes_nothing_back(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=1)
    for name, actions in {"a": ["create"], "b": ["create", "delete"], "c": ["delete", "create"]}.items():
        for action in actions:
            j.note("start", id=name, action=action)
        j.note("failed", id=name)
    assert j.interruption() == Interruption(("b",))


def test_a_damaged_journal_tells_what_it_can(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=1)
    j.note("start", id="a", action="delete")
    with j.path.open("ab") as file:
        file.write(b'[1]\n{"no": "event"}\n\xff\xfe\n{"event": "done", "id"')
    assert j.interruption() == Interruption()


def test_what_nothing_was_heard_of(tmp_path: Path) -> None:
    j = journal(tmp_path)
    for phase in (1, 2):
        j.note("phase", phase=phase)
        j.note("due", create={f"{name}{phase}": mark for name, mark in (("a", ""), ("b", "0123"), ("c", ""))})
        j.note("start", id=f"c{phase}", action="create")
    assert j.interruption() == Interruption(("c2",), {}, {"a2": "", "b2": "0123"})
    j.note("due", create={"a2[0]": ""})
    assert j.interruption() == Interruption(("c2",), {}, {"a2[0]": ""})
    j.note("due", create=["damaged"])
    assert j.interruption() == Interruption(("c2",), {}, {"a2[0]": ""})


def test_no_journal(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").interruption() is None


def test_a_new_run_begins_anew(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=3)
    j.begin()
    assert j.interruption() is None
