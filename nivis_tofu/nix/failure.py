"""Nix's own words -> what a user needs to know: what is wrong, where in the flake, in which value, what to do. Pure."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text, nix_calls
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import NixError
from nivis_tofu.core.excerpt import excerpt
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.nix import hints, module_errors, watch
from nivis_tofu.nix.trace import Failure

_LOCK_REMARK = "warning: not writing modified lock file"
_OWN_REMARKS = (
    _LOCK_REMARK,
    "warning: the flag '--override-input nivis",
    # A flake whose nixpkgs nivis shall follow, evaluated with our library, which has no inputs.
    "warning: input 'nivis' has an override for a non-existent input",
    # A container with root and without daemon; this is about building.
    "warning: the group 'nixbld' specified in 'build-users-group' does not exist",
    "warning: Git tree '",
    watch.MARK,
)
_NO_FILE = regex(r"No such file|does not exist")
_SAID_AT = regex(r",? at (?P<file>\S*[.]nix):(?P<line>\d+):(?P<column>\d+)$")
"""At the end of a message that comes without steps."""
_QUOTED = regex(r"'([^']+)'")
_LIBRARY_FILE = regex(r",? at \S+/internal/\w+[.]nix:\d+:\d+")


def answer(text: str, kind: type = object) -> Any:
    """What `nix eval --json` printed, which must be of this kind. Raises NixError if it is not."""
    try:
        found = json_text.loads(text)
        if isinstance(found, kind):
            return found
    except (ValueError, RecursionError):
        pass
    raise NixError.of(
        "The answer of Nix is unusable",
        "`nix eval --json` reported success, but what it printed is cut off or is not the JSON that was asked for.",
        "Run the command again. If it happens every time, see which program `nix` is: `type -a nix`.",
    )


def unknown_to_git(path: str, ignored: bool) -> NixError:
    note, force = (" (git is told to ignore it)", "--force ") if ignored else ("", "")
    return NixError.of(
        f"{path} is not known to git",
        f"Inside a git work tree Nix sees only files that git tracks, and {path} is not one of them{note}.",
        f"Run `git add {force}{shlex.quote(path)}` (no commit is needed).",
    )


def left_out(path: str) -> NixError:
    return NixError.of(
        f"{path} is kept from Nix",
        f"nivis treats {path} as a secret, variables, a plan, a state or a file of a tool, because of its name or "
        "because only you may read it. Such files are kept from Nix, since everybody on this machine can read what "
        "Nix copies of a flake.",
        "Pass a secret as a variable: `lib.mkVars { pw = { sensitive = true; }; } ledger.vars` and `NIVIS_VAR_pw`. "
        "If the file is no secret, rename it or let others read it (`chmod go+r`).",
    )


@immutable
class FailureTeller:
    """How a failure is told in one project."""

    what: str
    """What Nix could not do: "Nix could not evaluate the plan"."""
    advice: Callable[[str, str], str]
    """Message and the user's own line -> what to do."""
    text_of: Callable[[str], str]
    """The text of one of the user's files, by its name; empty if it cannot be read."""
    named: Callable[[str], str] = lambda file: file
    """The name of a file that the message mentions, as the user knows it."""

    def __call__(self, failure: Failure) -> list[Diagnostic]:
        """One diagnostic for each problem; a failure of Nix's own is one."""
        return [self._one(message, places, failure) for message, places in self._problems(failure)]

    def _one(self, message: str, places: list[Position], failure: Failure) -> Diagnostic:
        summary, _, rest = message.partition("\n")
        place = places[0] if places else None
        text = self.text_of(place.file) if place else ""
        rows = text.splitlines()
        row = rows[place.line - 1] if place and place.line <= len(rows) else ""
        ours = failure.about is not None  # which needs no word on whose message it is
        doing = f", while {failure.doing}" if failure.subject not in summary else ""
        context = f"{self.what}{doing}." if doing or not ours else ""
        return Diagnostic(
            _LIBRARY_FILE.sub("", summary).strip(),
            "\n".join([*filter(None, [rest, context]), *(f"Also at {also}." for also in places[1:])]),
            self.advice(message, row) if failure.about is None else hints.for_name(failure.about),
            position=place,
            snippet=excerpt(text, place.line, place.column) if place else "",
            helper=_helpers(failure, place) if place == failure.place else "",
        )

    def _problems(self, failure: Failure) -> list[tuple[str, list[Position]]]:
        """What the library found at once is told one by one, each with its own places; else all of the message."""
        found_at = self._place(failure)
        place = [found_at] if found_at else []
        if failure.about is None and not place and (at := _SAID_AT.search(failure.message)):
            named = Position(self.named(at["file"]), int(at["line"]), int(at["column"]))
            return [(failure.message[: at.start()], [named])]
        found = [
            (problem["text"], [Position(self.named(file), line, column) for file, line, column in problem["at"]])
            for problem in (failure.about or {}).get("problems", ())
        ]
        return [(text, self._calls(text, places) or place) for text, places in found] or [(failure.message, place)]

    def _place(self, failure: Failure) -> Position | None:
        """Where it went wrong; for modules, where the definition is rather than where they are evaluated."""
        definition = module_errors.place(failure.message, self.text_of)
        if definition is None or (failure.place and self.named(definition.file) == failure.place.file):
            return failure.place
        if failure.place and f"`{failure.place.file}'" in failure.message:
            return failure.place
        return replace(definition, file=self.named(definition.file))

    def _calls(self, message: str, places: list[Position]) -> list[Position]:
        """What a function of the flake made is told by its calls."""
        names = list(dict.fromkeys(quoted.rsplit(".", 1)[-1] for quoted in _QUOTED.findall(message)))
        found: list[Position] = []
        for place in places:
            text = self.text_of(place.file)
            function = nix_calls.helper(text, place.line, place.column)
            spots = [spot for name in names for spot in nix_calls.calls(text, function, name)] if function else []
            found += [Position(place.file, *spot) for spot in spots] or [place]
        return list(dict.fromkeys(found))


def _helpers(failure: Failure, place: Position | None) -> str:
    """The functions of the user's own that led there, and from where they were called."""
    told = []
    for name, defined, called in failure.calls[:3]:
        if called == place:
            told.append(f"by {_named(name)} ({defined})")
        elif defined != called:
            told.append(f"in {_named(name)}, called at {called}")
    return ", ".join(told)


def _named(function: str) -> str:
    return "a function" if " " in function else f"`{function}`"


def missing_files(message: str, home: Path, project: Path) -> list[str]:
    """Files that Nix says are not there and that the user has, relative to the project."""
    quoted = re.findall(r"'(/[^']+)'", message) if _NO_FILE.search(message) else []
    return [os.path.relpath(x, project) for x in quoted if Path(x).is_relative_to(home) and Path(x).exists()]


def own_remarks_left_out(remarks: list[str]) -> Iterator[str]:
    """What Nix said beside an error, without remarks on our flags and on building, and without our traces."""
    return (text.rstrip() for text in remarks if not text.startswith(_OWN_REMARKS))
