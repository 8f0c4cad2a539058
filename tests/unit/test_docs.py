"""The pages of docs/: every verb has an example, links lead somewhere, decisions have one format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nivis_tofu.cli import app
from nivis_tofu.cli.completion_scripts import verbs

TOP = Path(__file__).parents[2]
PAGES = sorted([*(TOP / "docs").rglob("*.md"), *TOP.glob("*.md")])
DECISIONS = sorted((TOP / "docs" / "decisions").glob("0*.md"))
VERBS = [verb.words for verb in verbs(app.command())]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(verb: str) -> None:
    example = re.compile(rf"^\$ nivis {verb}\b", re.M)
    assert any(example.search(page.read_text(encoding="utf-8")) for page in PAGES), f"no `$ nivis {verb}` in docs/"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name[:4])
def test_decisions_have_one_format(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.name[:4]}: ")
    heads = re.findall(r"^\*\*(.+?)\.\*\*", text, re.M)
    assert heads == ["Context", "Decision"]
    consequences = re.findall(r"^- (\(.\))", text.split("**Decision.**")[1], re.M)
    assert {"(+)", "(-)"} == set(consequences)
    assert consequences == sorted(consequences), "first what speaks for it"


def test_decisions_are_listed_under_their_titles() -> None:
    listed = re.findall(r"^\| (\d{4}) \| \[(.+)\]\((.+)\) \|$", (DECISIONS[0].parent / "README.md").read_text(), re.M)
    titles = [page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(": ", 1) for page in DECISIONS]
    assert [[number, title] for number, title, _ in listed] == titles
    assert [file for _, _, file in listed] == [page.name for page in DECISIONS]


def test_decisions_have_one_number_each() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert numbers == sorted(set(numbers)), "take the next free number"
