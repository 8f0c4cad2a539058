"""The pages of docs/: every verb has an example, and what pages link to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from nivis_tofu.cli.app import application
from nivis_tofu.cli.completion_scripts import verbs

TOP = Path(__file__).parents[2]
PAGES = sorted([*(TOP / "docs").rglob("*.md"), TOP / "README.md"])
VERBS = [verb.words for verb in verbs(typer.main.get_command(application()))]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(verb: str) -> None:
    example = re.compile(rf"^\$ nivis {verb}\b", re.M)
    assert any(example.search(page.read_text(encoding="utf-8")) for page in PAGES), f"no `$ nivis {verb}` in docs/"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []
