"""A short campaign, and that a campaign finds what it looks for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.campaign.announced import Listener, planned
from tests.campaign.graphs import Graphs
from tests.campaign.report import Episode, Report


@pytest.mark.long
@pytest.mark.engine
@pytest.mark.nix
def test_two_minutes(tmp_path: Path) -> None:
    argv = [
        sys.executable,
        "-m",
        "tests.campaign",
        "--minutes",
        "2",
        "--out",
        str(tmp_path),
        "--seed",
        str(int(time.time())),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert (tmp_path / "campaign.json").is_file()


@pytest.mark.long
def test_a_seed_makes_the_same_lives() -> None:
    def made(seed: str) -> list[object]:
        graphs = Graphs(seed)
        specs = [graphs.stacks()]
        for _ in range(20):
            specs.append(graphs.edit(specs[-1]))
        return [*specs]

    assert made("1") == made("1")
    assert made("1") != made("2")


@pytest.mark.long
def test_a_table(tmp_path: Path) -> None:
    rows = (
        Episode("phases", 0, 1, "drift", exit_code=0),
        Episode("stacks", 1, 1, "drift", exit_code=-9, violation="hangs", again="make it so"),
    )
    report = Report(7, 60.0, rows)
    report.write(tmp_path)
    text = (tmp_path / "campaign.md").read_text()
    assert "Seed 7: 1 minutes, 2 lives, 2 episodes, 1 violations." in text
    assert "| drift | 2 | 1 | 0 | 1 | 0 | 1 |" in text
    assert "| hangs | drift | `make it so` |" in text


def change(address: str, *actions: str, **more: str) -> dict[str, Any]:
    return {"address": address, "change": {"actions": actions}, **more}


@pytest.mark.long
def test_what_a_run_tells_is_heard(tmp_path: Path) -> None:
    """All its phases count, and what waits; what one of them destroys is destroyed."""
    (tmp_path / "bin").mkdir()
    listener = Listener(tmp_path)

    def tell(now: Sequence[Mapping[str, Any]], *later: Mapping[str, Any]) -> None:
        document = {"resource_changes": now, "deferred_changes": [{"resource_change": c} for c in later]}
        argv = ["/bin/sh", "-c", listener.flags[1]]
        subprocess.run(argv, input=json.dumps(document, indent=1), text=True, check=True)

    tell(
        [change("lab_thing.t1", "delete", "create"), change("module.m2.terraform_data.in", "delete")],
        change("", "unknown", nivis_id="g3"),
    )
    tell(
        [
            change("lab_thing.t1", "update"),
            change("lab_thing.t4", "no-op"),
            change("lab_thing.t4", "delete", deposed="0"),
        ]
    )
    assert listener.heard() == {"t1": "replace", "m2": "delete", "g3": "unknown", "t4": "delete"}
    assert listener.heard() == {}


@pytest.mark.long
def test_what_a_plan_says() -> None:
    lines = [
        {"id": "lab.lab_thing.t1", "action": "update", "note": ""},
        {"id": "lab.lab_thing.t2", "action": "update", "note": "an old object of it is removed"},
    ]
    said = {"t1": "update", "t2": "delete"}
    assert planned({"changes": lines}) == planned({"stacks": [{"result": {"changes": lines}}]}) == said
