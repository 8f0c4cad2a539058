"""What Nix writes with `--log-format internal-json --show-trace`: the message, and the steps that led to it. Pure.

All versions since 2.8 tell the steps from the innermost on; newer ones repeat line and column in the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Position

_LINE = "@nix "
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_SUFFIX = re.compile(r"(:\d+){1,2}$")
_WRITTEN = re.compile(r" \(written at (?P<file>.+):(?P<line>\d+):(?P<column>\d+)\)$")
_FUNCTION = re.compile(r"while (?:evaluating|calling) (?:'([^']+)'|(anonymous lambda))")
_THROW = re.compile(r"while calling the '(?:throw|abort)' builtin")
_REMARK = re.compile(r"^(?=(?:trace|warning|evaluation warning): )", re.MULTILINE)
_CALL = "from call site"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a trace. `place` is where the user's own text says it, if it says so."""

    text: str
    place: Position | None = None
    written: bool = False
    """Did the library note the place? Then it is that of an argument, and the step one of the library's own."""

    @property
    def function(self) -> str:
        """The function that the step enters, at whose definition it stands: its name, or what it is."""
        found = _FUNCTION.fullmatch(self.text)
        return found[1] or found[2] if found else ""

    @property
    def thrown(self) -> bool:
        """Does it stand in a function of the user's that complains of how it was called?"""
        return bool(self.function or _THROW.fullmatch(self.text))

    @property
    def calls(self) -> bool:
        return self.text == _CALL


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an evaluation ended: Nix's message, the place that it names itself, and the steps, innermost first."""

    message: str
    steps: tuple[TraceStep, ...]

    @property
    def place(self) -> Position | None:
        """Where it went wrong in the user's own files: where a function that throws was called, if that is known."""
        first = next((i for i, step in enumerate(self.steps) if step.place), len(self.steps))
        after = self.steps[first:]
        if after and after[0].thrown and self.calls:
            return self.calls[0][2]
        return after[0].place if after else None

    @property
    def calls(self) -> tuple[tuple[str, Position, Position], ...]:
        """(function of the user's own, where it is, where it is called), from the innermost."""
        found: list[tuple[str, Position, Position]] = []
        entered: tuple[str, Position] | None = None
        for step in self.steps:
            if step.place and step.function:
                entered = (step.function, step.place)
            elif step.calls:
                if step.place and entered:
                    found.append((*entered, step.place))
                entered = None
        return tuple(dict.fromkeys(found))


def parse(stderr: str, words: Callable[[str], str], own: Callable[[Path], Path | None]) -> Failure | None:
    """The last error in what Nix wrote.

    `words`: text as it may be shown; `own`: a file of the user's as the user names it, None for any other.
    """
    documents = [d for line in stderr.splitlines() if (d := _document(line)) and "raw_msg" in d]
    if not documents:
        return None
    last = documents[-1]
    steps = [_step("", last, words, own), *(_step(t.get("raw_msg", ""), t, words, own) for t in last.get("trace", ()))]
    return Failure(words(_plain(last["raw_msg"])).strip(), tuple(steps))


def remarks(stderr: str) -> list[str]:
    """What is said beside the error: warnings, and what the flake traces."""
    found = (d for line in stderr.splitlines() if (d := _document(line)))
    return [_plain(str(d["msg"])) for d in found if d.get("action") == "msg" and "raw_msg" not in d and "msg" in d]


def whole(stderr: str) -> str:
    """All that Nix says of the last error, with its own trace."""
    found = [str(d["msg"]) for line in stderr.splitlines() if (d := _document(line)) and "raw_msg" in d and "msg" in d]
    return _plain(found[-1]) if found else stderr


def separated(stderr: str) -> list[str]:
    """Warnings and traces in what Nix writes for people, each with the lines that belong to it."""
    return [part.rstrip() for part in _REMARK.split(stderr) if _REMARK.match(part)]


def message(line: str) -> str:
    """What one line says: a structured one, or one as it is."""
    found = _document(line)
    return _plain(str(found.get("msg", ""))) if found else line


def _document(line: str) -> dict[str, Any] | None:
    if not line.startswith(_LINE):
        return None
    try:
        found = json_text.loads(line.removeprefix(_LINE))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _plain(text: str) -> str:
    return _COLOUR.sub("", text)


def _step(text: str, at: dict[str, Any], words: Callable[[str], str], own: Callable[[Path], Path | None]) -> TraceStep:
    text = _plain(text)
    if noted := _WRITTEN.search(text):
        place = _place(noted["file"], int(noted["line"]), int(noted["column"]), own)
        return TraceStep(words(text[: noted.start()]), place, written=True)
    return TraceStep(words(text), _place(at.get("file"), at.get("line"), at.get("column"), own))


def _place(file: Any, line: Any, column: Any, own: Callable[[Path], Path | None]) -> Position | None:
    if not (isinstance(file, str) and file.startswith("/") and line and column):
        return None
    mine = own(Path(_SUFFIX.sub("", file)))
    return Position(str(mine), int(line), int(column)) if mine else None
