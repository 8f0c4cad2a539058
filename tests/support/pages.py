"""What a page of docs/ shows: files with a title, and commands with their output in `console` blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.DOTALL | re.MULTILINE
)
_UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_HEX = re.compile(r"\b[0-9a-f]{8}\b|(?<=-)[0-9a-f]{4}(?=-\d\b)")


@dataclass(frozen=True, slots=True)
class Step:
    """One command as a reader types it, and the stdout that the page shows."""

    command: str
    output: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One project on a page: its files by name, and what is done in it."""

    page: str
    files: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def projects() -> Iterator[Shown]:
    """Every project of every page; a second `flake.nix` on a page begins another one."""
    for page in sorted(DOCS.rglob("*.md")):
        shown = Shown(str(page.relative_to(DOCS)))
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            title, text = found["title"], found["text"]
            if title in shown.files:
                yield shown
                shown = Shown(shown.page)
            if title:
                shown.files[title] = text
            elif found["language"] == "console":
                shown.steps.extend(_steps(text))
        if "flake.nix" in shown.files:
            yield shown


def _steps(text: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Step(command, output)


def rewrite(page: str, step: Step, output: str) -> None:
    """Let the page show what comes out now."""
    path = DOCS / page
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(f"$ {step.command}\n{step.output}", f"$ {step.command}\n{output}", 1), encoding="utf-8"
    )


def same(shown: str, real: str) -> bool:
    """Is that what the page shows? Ids differ from run to run; a line `…` stands for any lines."""
    pattern = re.escape(_masked(shown)).replace("…\\\n", "(.*\n)*")
    return re.fullmatch(pattern, _masked(real)) is not None


def _masked(text: str) -> str:
    return _HEX.sub("HEX", _UUID.sub("UUID", text))
