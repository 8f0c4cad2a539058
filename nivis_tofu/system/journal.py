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
    """What the phase that was interrupted had begun."""

    made: tuple[str, ...] = ()
    """Ids that were being created, or were reported as that; if the engine died as well, its state may lack them."""
    was: dict[str, str] = field(default_factory=dict)
    """Mark of the object that was there before, of what was created or deleted."""
    unheard: dict[str, str] = field(default_factory=dict)
    """What was to be created and of which nothing was heard: id -> mark of the object that was there before, or ""."""


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
        open_ = False
        begun: dict[str, str] = {}
        made: dict[str, None] = {}
        was: dict[str, str] = {}
        due: dict[str, str] = {}
        for entry in self._entries():
            match entry.get("event"):
                case "phase":
                    begun, made, was, due, open_ = {}, {}, {}, {}, True
                case "due" if isinstance(entry.get("create"), dict):
                    due = {str(name): str(mark) for name, mark in entry["create"].items()}
                case "start":
                    name = str(entry.get("id"))
                    begun[name] = str(entry.get("action"))
                    if entry.get("was"):
                        was[name] = str(entry["was"])
                    if begun[name] == "create":
                        made[name] = None
                case "failed" if begun.get(str(entry.get("id"))) == "create":
                    made.pop(str(entry.get("id")), None)
                case "end":
                    open_ = False
        unheard = {name: mark for name, mark in due.items() if name not in begun}
        return Interruption(tuple(made), was, unheard) if open_ else None

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
