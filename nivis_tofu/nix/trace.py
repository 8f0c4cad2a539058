"""What Nix writes with `--log-format internal-json --show-trace`: the message, and the steps that led to it. Pure.

All versions since 2.8 tell the steps from the innermost on; newer ones repeat line and column in the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text, visible
from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

_LINE = "@nix "
_SUFFIX = regex(r"(:\d+){1,2}$")
_TAG = "nivis-step "
"""Begins what the library says in a step, as data: where the ledger lies, what kind of step it is, and of what."""
_SAID = regex(rf"{_TAG}(\[.*\])$", re.M)
_FUNCTION = regex(r"while (?:evaluating|calling) (?:'([^']+)'|(anonymous lambda))")
_THROW = regex(r"while calling the '(?:throw|abort)' builtin")
_REMARK = regex(r"^(?=(?:trace|warning|evaluation warning): )", re.MULTILINE)
_CALL = "from call site"


@immutable(slots=True)
class TraceStep:
    """One step of a trace. `place` is where the user's own text says it, if it says so."""

    text: str
    place: Position | None = None
    tag: tuple[Any, ...] = ()
    """What the library says: (`doing`, what, subject), (`argument`, name), (`variable`, fault, name, type); the place
    is then that of the argument. (`error`, message, details): an error is its own."""

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


@immutable(slots=True)
class Failure:
    """Why an evaluation ended: Nix's message, the place that it names itself, and the steps, innermost first."""

    message: str
    steps: tuple[TraceStep, ...]
    about: Mapping[str, Any] | None = None
    """Of an error of the library's own: `problems` that it found at once, or `name` that is none of `known`."""

    @property
    def subject(self) -> str:
        """The value, or the group, that Nix was computing, in the library's words."""
        return next((step.tag[2] for step in self.steps if step.tag[:1] == ("doing",)), "")

    @property
    def doing(self) -> str:
        """The same with what was done to it: `reading 'p.t.a', config.x`."""
        return next((f"{step.tag[1]} {step.tag[2]}" for step in self.steps if step.tag[:1] == ("doing",)), "")

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


@immutable(slots=True)
class TraceReader:
    """How what Nix wrote is read in one project."""

    words: Callable[[str], str]
    """Text as it may be shown."""
    own: Callable[[Path], Path | None]
    """A file of the user's as the user names it, None for any other."""
    work: Path
    """Where ledgers lie: what a step says is the library's if it names one of them."""

    def failure(self, stderr: str) -> Failure | None:
        """The last error in what Nix wrote."""
        documents = [d for line in stderr.splitlines() if (d := _document(line)) and "raw_msg" in d]
        if not documents:
            return None
        last = documents[-1]
        message = self.words(visible.uncoloured(str(last["raw_msg"]))).strip()
        trace = found if isinstance(found := last.get("trace"), list) else []
        told = [t for t in trace if isinstance(t, dict)]
        steps = (self._step("", last), *(self._step(str(t.get("raw_msg", "")), t) for t in told))
        # The message tells from an error in what our own is about, which has the step too.
        ours = (
            step.tag[2]
            for step in steps
            if step.tag[:1] == ("error",) and visible.uncoloured(step.tag[1]).strip() == message
        )
        return Failure(message, steps, next(ours, None))

    def _step(self, text: str, at: Mapping[str, Any]) -> TraceStep:
        text = visible.uncoloured(text)
        match self._tagged(text):
            case ["doing" | "argument" as kind, *rest, at]:
                return TraceStep("", self._place(*at) if at else None, (kind, *rest))
            case [_, *_] as said:
                return TraceStep("", None, tuple(said))
            case _:
                return TraceStep(self.words(text), self._place(at.get("file"), at.get("line"), at.get("column")))

    def _tagged(self, text: str) -> list[Any]:
        """What the library says in a step; empty for what anybody else says."""
        if not text.startswith(_TAG):
            return []
        try:
            ledger, *said = json_text.loads(text.removeprefix(_TAG))
            ours = Path(ledger).is_relative_to(self.work)
        except (TypeError, ValueError):
            return []
        return list(self._shown(said)) if ours and _is_step(said) else []

    def _shown(self, value: Any) -> Any:
        match value:
            case str():
                return self.words(value)
            case list():
                return [self._shown(item) for item in value]
            case dict():
                return {key: self._shown(item) for key, item in value.items()}
            case _:
                return value

    def _place(self, file: Any, line: Any, column: Any) -> Position | None:
        if not (_is_place([file, line, column]) and file.startswith("/")):
            return None
        mine = self.own(Path(_SUFFIX.sub("", file)))
        return Position(str(mine), line, column) if mine else None


def _is_step(said: Sequence[Any]) -> bool:
    """Is this what our library says? Anybody may write into a trace, or cut it off."""
    match said:
        case ["doing", str(), str(), at] | ["argument", str(), at]:
            return at is None or _is_place(at)
        case ["variable", str(), str(), str()]:
            return True
        case ["error", str(), {"problems": list() as problems}]:
            return all(map(_is_problem, problems))
        case ["error", str(), {"name": str(), "known": list() as known}]:
            return all(isinstance(name, str) for name in known)
        case ["error", str(), dict() as details]:
            return not details
        case _:
            return False


def _is_problem(problem: Any) -> bool:
    match problem:
        case {"text": str(), "at": list() as places}:
            return all(map(_is_place, places))
        case _:
            return False


def _is_place(at: Any) -> bool:
    """File, line and column, which begin at 1."""
    match at:
        case [str(), int() as line, int() as column]:
            return line > 0 < column
        case _:
            return False


def remarks(stderr: str) -> list[str]:
    """What is said beside the error: warnings, and what the flake traces."""
    found = (d for line in stderr.splitlines() if (d := _document(line)))
    return [
        visible.uncoloured(str(d["msg"]))
        for d in found
        if d.get("action") == "msg" and "raw_msg" not in d and "msg" in d
    ]


def whole(stderr: str) -> str:
    """All that Nix says of the last error, with its own trace; the library's steps in words."""
    found = [str(d["msg"]) for line in stderr.splitlines() if (d := _document(line)) and "raw_msg" in d and "msg" in d]
    return _SAID.sub(_in_words, visible.uncoloured(found[-1])) if found else stderr


def _in_words(found: re.Match[str]) -> str:
    """A step as Nix alone would have shown it."""
    try:
        _, *said = json_text.loads(found[1])
    except (TypeError, ValueError):
        return found[0]
    match said if _is_step(said) else None:
        case ["doing", what, subject, place]:
            return f"while {what} {subject}{_written(place)}"
        case ["argument", name, place]:
            return f"while checking the argument '{name}'{_written(place)}"
        case ["variable", _, name, _]:
            return f"while taking variable '{name}'"
        case ["error", *_]:
            return "while the library refused this"
        case _:
            return found[0]


def _written(at: Sequence[Any] | None) -> str:
    return f" (written at {':'.join(map(str, at))})" if at else ""


def separated(stderr: str) -> list[str]:
    """Warnings and traces in what Nix writes for people, each with the lines that belong to it."""
    return [part.rstrip() for part in _REMARK.split(stderr) if _REMARK.match(part)] if stderr else []


def message(line: str) -> str:
    """What one line says: a structured one, or one as it is."""
    found = _document(line)
    return visible.uncoloured(str(found.get("msg", ""))) if found else line


def _document(line: str) -> dict[str, Any] | None:
    if not line.startswith(_LINE):
        return None
    try:
        found = json_text.loads(line.removeprefix(_LINE))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
