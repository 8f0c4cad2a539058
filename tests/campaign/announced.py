"""What was announced: name of a resource -> action, as a plan says it before a run, or a run itself before it acts."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.run.decide.deposed import REMOVED

DESTRUCTIVE = ("delete", "replace", "forget")
ACTIONS = {"no-op": "noop", "create delete": "replace"}
"""Actions of one object in the engine's documents, sorted -> ours."""


def planned(document: Mapping[str, Any]) -> dict[str, str]:
    """What `plan --json` says, or `stacks plan --json`."""
    documents = [s["result"] for s in document["stacks"]] if "stacks" in document else [document]
    return {short(c["id"]): _action(c) for d in documents for c in d.get("changes", [])}


def _action(line: Mapping[str, Any]) -> str:
    """Of what stays an old object may go all the same."""
    return "delete" if line["note"] == REMOVED else str(line["action"])


def merge(told: dict[str, str], more: Mapping[str, str]) -> None:
    """Adds what was announced later: no announcement of destruction is taken back by it."""
    for name, action in more.items():
        if told.get(name) not in DESTRUCTIVE and (action != "noop" or name not in told):
            told[name] = action


def short(id_: str) -> str:
    """The name in the graph, of an id or of an address."""
    parts = id_.split(".")
    return parts[1] if parts[0] == "module" else parts[-1]


class Listener:
    """A check of nivis's that refuses nothing and writes down what a run tells it before it acts."""

    def __init__(self, top: Path) -> None:
        self.top, self.command = top, top / "bin/listener"
        # A file for each: stacks tell at the same time.
        self.command.write_text(f"#!/bin/sh\ncat > \"$(mktemp '{top}/told.XXXXXX')\"\n")
        self.command.chmod(0o755)

    @property
    def flags(self) -> list[str]:
        return ["--check", str(self.command)]

    def heard(self) -> dict[str, str]:
        """All that runs have told since the last time; what is destroyed in any of their phases counts."""
        told: dict[str, str] = {}
        for path in self.top.glob("told.*"):
            # One that was killed has told nothing whole.
            with contextlib.suppress(ValueError):
                for name, action in _actions(json.loads(path.read_text())):
                    merge(told, {name: action})
            path.unlink()
        return told


def _actions(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    later = [c["resource_change"] for c in document["deferred_changes"]]
    for change in [*document.get("resource_changes", ()), *later]:
        said = " ".join(sorted(change["change"]["actions"]))
        yield short(change["address"] or change["nivis_id"]), ACTIONS.get(said, said)
