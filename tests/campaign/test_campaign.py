"""A short campaign, and that a campaign finds what it looks for."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

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
