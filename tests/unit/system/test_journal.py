"""What the last run left open."""

from __future__ import annotations

from pathlib import Path

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
    assert j.interruption() == Interruption(2, {"c": "create"}, {"a": "create"})


def test_a_damaged_journal_tells_what_it_can(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=1)
    j.note("start", id="a", action="delete")
    with j.path.open("ab") as file:
        file.write(b'[1]\n{"no": "event"}\n\xff\xfe\n{"event": "done", "id"')
    assert j.interruption() == Interruption(1, {"a": "delete"})


def test_no_journal(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").interruption() is None


def test_a_new_run_begins_anew(tmp_path: Path) -> None:
    j = journal(tmp_path)
    j.note("phase", phase=3)
    j.begin()
    assert j.interruption() is None
