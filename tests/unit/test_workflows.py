"""Workflows, actions and the steps in the documentation are well formed: shell that parses, actions with a version."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
FILES = sorted([*(TOP / ".github").rglob("*.yml"), *TOP.glob("*/action.yml")])
PAGES = sorted((TOP / "docs/how-to").glob("*.md"))


def documents() -> Iterator[tuple[str, Any]]:
    for file in FILES:
        yield str(file.relative_to(TOP)), yaml.safe_load(file.read_text(encoding="utf-8"))
    for page in PAGES:
        for number, text in enumerate(re.findall(r"(?ms)^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"))):
            yield f"{page.name} {number}", yaml.safe_load(text)


def steps(found: Any) -> Iterator[dict[str, Any]]:
    """Every step, wherever it stands."""
    if isinstance(found, dict):
        yield from (s for s in found.get("steps") or () if isinstance(s, dict))
        for value in found.values():
            yield from steps(value)


DOCUMENTS = dict(documents())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_shell_parses_and_takes_no_expressions(name: str) -> None:
    for step in steps(DOCUMENTS[name]):
        if script := step.get("run"):
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)
            # An expression would be pasted into the shell's own text: a branch may be named `$(rm -rf /)`.
            assert "${{" not in script, script


@pytest.mark.parametrize("name", DOCUMENTS)
def test_actions_have_a_version(name: str) -> None:
    used = [step["uses"] for step in steps(DOCUMENTS[name]) if "uses" in step]
    assert [action for action in used if "@" not in action and not action.startswith("./")] == []


def test_a_release_is_published_without_a_password() -> None:
    publish = DOCUMENTS[".github/workflows/release.yml"]["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    assert set(publish["needs"]) == {"build", "try", "nix"}
    assert "password" not in str(publish)
