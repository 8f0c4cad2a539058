"""The run journal: what was begun and what has ended, so that the next run can say what it cannot know."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.system import notes


@immutable
class Interruption:
    """How the last run was interrupted: the phase, and what was in flight or done in it (id -> action)."""

    phase: int
    in_flight: dict[str, str] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    """Reported as done; if the engine died as well, its state may not say so."""
    was: dict[str, str] = field(default_factory=dict)
    """Mark of the object that a deletion was begun of."""


_LINE = 200
"""Bytes that hold the last line, if it is one of these."""
_ENDS, _END = (b'{"event":"finished"}',), b'{"event":"end",'


class Journal:
    """`.nivis/journal.jsonl`, one line an event, appended and flushed as it happens."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> None:
        notes.write(self.path, "")

    def note(self, event: str, **data: Any) -> None:
        notes.append(self.path, json_text.dumps({"event": event, **data}) + "\n")

    def interruption(self) -> Interruption | None:
        """What the journal of the last run left open; a damaged line counts as unfinished."""
        if self._ended():
            return None
        phase, open_ = 0, False
        flying: dict[str, str] = {}
        done: dict[str, str] = {}
        was: dict[str, str] = {}
        for entry in self._entries():
            match entry.get("event"):
                case "phase":
                    number = entry.get("phase")
                    phase, flying, done, was, open_ = number if isinstance(number, int) else 0, {}, {}, {}, True
                case "start":
                    flying[str(entry.get("id"))] = str(entry.get("action"))
                    if entry.get("was"):
                        was[str(entry.get("id"))] = str(entry["was"])
                case "done":
                    name = str(entry.get("id"))
                    done[name] = flying.pop(name, "")
                case "failed":
                    flying.pop(str(entry.get("id")), None)
                case "end":
                    open_ = False
        return Interruption(phase, flying, done, was) if open_ else None

    def _ended(self) -> bool:
        """Whether the last line says so, which it mostly does; the rest need not be read then."""
        found = notes.open_file(self.path)
        if found is None:
            return True
        with found:
            found.seek(max(0, found.seek(0, os.SEEK_END) - _LINE))
            *_, last = found.read().splitlines() or [b""]
        return last in _ENDS or last.startswith(_END)

    def _entries(self) -> Iterator[dict[str, Any]]:
        found = notes.open_file(self.path)
        if found is None:
            return
        with found:
            for line in found:
                try:
                    entry = json_text.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict):
                    yield entry
