"""`--help` of every verb: there, documented, and quick."""

from __future__ import annotations

import subprocess
import time

import pytest
import typer

from nivis_tofu.cli.app import app
from nivis_tofu.shells import verbs
from tests.e2e.project import NIVIS

LIMIT = 0.3
TRIES = 5
VERBS = [verb.words.split() for verb in verbs(typer.main.get_command(app))]


def seconds(words: list[str]) -> float:
    started = time.monotonic()
    done = subprocess.run([NIVIS, *words, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: nivis" in done.stdout
    return time.monotonic() - started


@pytest.mark.parametrize("words", [["plan"], ["state", "rm"], []], ids=" ".join)
def test_help_is_there_at_once(words: list[str]) -> None:
    # The best of some: other processes of this machine are not ours to measure.
    assert min(seconds(words) for _ in range(TRIES)) < LIMIT


def test_every_verb_says_what_it_does() -> None:
    assert len(VERBS) > 30
    for verb in verbs(typer.main.get_command(app)):
        assert verb.help, f"{verb.words}: no help"
        for option, text in verb.options.items():
            assert text or option in ("--input",), f"{verb.words} {option}: no help"
