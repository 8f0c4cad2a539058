"""`--help` of every verb: there, documented, and without loading what it does not need (`make bench` times it)."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from nivis_tofu.cli.app import application
from nivis_tofu.cli.completion_scripts import verbs
from tests.e2e.project import NIVIS

VERBS = [verb.words.split() for verb in verbs(typer.main.get_command(application()))]
HEAVY = ["rich", "jinja2", "yaml", "hcl2", "pydantic", "nivis_tofu.run.loop"]


@pytest.mark.parametrize("words", [["plan"], ["state", "rm"], []], ids=" ".join)
def test_help_is_there(words: list[str]) -> None:
    done = subprocess.run([NIVIS, *words, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: nivis" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys; import nivis_tofu.cli.app; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_verb_says_what_it_does() -> None:
    assert len(VERBS) > 30
    for verb in verbs(typer.main.get_command(application())):
        assert verb.help, f"{verb.words}: no help"
        for option, text in verb.options.items():
            assert text or option in ("--input",), f"{verb.words} {option}: no help"
