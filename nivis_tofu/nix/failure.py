"""Nix's own words -> what a user needs to know first: what is wrong, where in the flake, in which value. Pure.

Its text stays whole elsewhere; here are the lines that are said before it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
from pathlib import Path

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.nix import syntax, watch

_LOCK_REMARK = "warning: not writing modified lock file"
_OWN_REMARKS = (
    _LOCK_REMARK,
    "warning: the flag '--override-input nivis",
    watch.MARK,
    # nivis has no such flag; what the steps tell comes first anyway.
    "(use '--show-trace' to show",
    "(stack trace truncated; use '--show-trace'",
)
_MESSAGE = re.compile(r"\s*error: (\S.*)")
_PLACE = re.compile(r"(?:\s+at |.* \(written at )(?P<file>/.+?):(?P<line>\d+:\d+)\)?:?")
_LIBRARY_PLACE = re.compile(r"\s*at (/.+/internal/[a-z]+[.]nix):\d+:\d+:")
_EXCERPT = re.compile(r"\s*\d*\|")
_NO_FILE = re.compile(r"No such file|does not exist")
# What the library says of a value that fails; only `--show-trace` makes old versions of Nix show it.
_STEP = re.compile(r"\s*(?:… |error:)")
_CONTEXT = re.compile(
    r"\s*… (while (?:computing the derived value of|reading|making the resources of)) (.+?)(?: \(written at .+\))?"
)


def unknown_to_git(path: str, ignored: bool, raw: str) -> NivisError:
    note, force = (" (git is told to ignore it)", "--force ") if ignored else ("", "")
    return NixError(
        Diagnostic(
            f"{path} is not known to git",
            f"Inside a git work tree Nix sees only files that git tracks, and {path} is not one of them{note}."
            + ("\nNix says:" if raw else ""),
            f"Run `git add {force}{shlex.quote(path)}` (no commit is needed).",
        ),
        raw=raw,
    )


def left_out(path: str, raw: str) -> NivisError:
    return NixError(
        Diagnostic(
            f"{path} is kept from Nix",
            f"nivis treats {path} as a secret, variables, a plan, a state or a file of a tool, because of its name or "
            "because only you may read it. Such files are kept from Nix, since everybody on this machine can read what "
            "Nix copies of a flake.\nNix says:",
            "Pass a secret as a variable: `lib.mkVars { pw = { sensitive = true; }; } ledger.vars` and `NIVIS_VAR_pw`. "
            "If the file is no secret, rename it or let others read it (`chmod go+r`).",
        ),
        raw=raw,
    )


def useful_lines(text: str, trace: str, home: Path, project: Path) -> str:
    """What is wrong, where, and in which value, taken from Nix's text and its trace."""
    messages = [found[1] for line in text.splitlines() if (found := _MESSAGE.fullmatch(line))]
    if not messages:
        return ""
    steps = innermost_first(trace)
    place = next((x for line in steps if (x := _own_place(line, home, project))), "")
    doing, what = next((found.groups() for line in steps if (found := _CONTEXT.fullmatch(line))), ("", ""))
    context = "" if what in messages[-1] else f"{doing} {what}\n"
    return messages[-1] + (f" ({place})" if place else "") + f"\n{context}"


def innermost_first(trace: str) -> list[str]:
    """The lines of a trace, innermost first; old versions of Nix print the message before them, new ones after."""
    lines = trace.splitlines()
    at = max((i for i, line in enumerate(lines) if _MESSAGE.fullmatch(line)), default=0)
    return [*lines[at + 1 :], *reversed(lines[:at])]


def _own_place(line: str, home: Path, project: Path) -> str:
    """`file:line:column` where a line of a trace names a place in the user's own files."""
    found = _PLACE.fullmatch(line)
    if not found or not (path := Path(found["file"])).is_relative_to(home) or _is_generated(path):
        return ""
    shown = path.relative_to(project) if path.is_relative_to(project) else path
    return f"{shown}:{found['line']}"


def _is_generated(path: Path) -> bool:
    """Did `nivis gen` write it? What is wrong is wrong where it is used."""
    for check in (path.parent / "check.nix", path.parent.parent / "check.nix"):
        with contextlib.suppress(OSError), check.open(encoding="utf-8", errors="replace") as file:
            if syntax.GENERATED in file.read(200):
                return True
    return False


def missing_files(text: str, home: Path, project: Path) -> list[str]:
    """Files that Nix cannot see although they exist, relative to the project."""
    messages = (line for line in text.splitlines() if _MESSAGE.fullmatch(line))
    quoted = (x for line in messages if _NO_FILE.search(line) for x in re.findall(r"'(/[^']+)'", line))
    return [os.path.relpath(x, project) for x in quoted if Path(x).is_relative_to(home) and Path(x).exists()]


def without_library(text: str) -> str:
    """Nix's text without steps in the library and without its source, which users did not write."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        found = _LIBRARY_PLACE.fullmatch(line)
        if found and (Path(found[1]).parent / "tag.nix").is_file():
            inside = True
            if kept and kept[-1].lstrip().startswith("… "):
                kept.pop()
            continue
        inside = inside and (not line.strip() or bool(_EXCERPT.match(line)))
        if not inside:
            if kept and not line.strip() and not kept[-1].strip():
                continue  # the empty lines around what is gone
            kept.append(line)
    return "\n".join(kept).rstrip("\n")


def without_own_remarks(text: str) -> str:
    """Nix's text without its remarks on flags that we pass, or that there are, and without what we trace ourselves."""
    kept: list[str] = []
    remark = False
    for line in text.splitlines():
        if line.startswith(_OWN_REMARKS):
            remark = line.startswith(_LOCK_REMARK)
        elif not (remark and line.startswith(("•", " "))):
            remark = False
            kept.append(line)
    return "\n".join(kept)


def without_questions(trace: str) -> str:
    """A trace without the steps by which nivis asked for one value; the user's own steps stay."""
    steps: list[list[str]] = [[]]
    for line in trace.splitlines():
        if _STEP.match(line):
            steps.append([])
        steps[-1].append(line)
    return "\n".join(line for step in steps if _counts(step) for line in step).rstrip() + "\n"


def _counts(step: list[str]) -> bool:
    """Is this the message, or a step at a place of the user's?"""
    if not step or "… " not in step[0]:
        return True
    placed = any(" at " in line and "/" in line for line in step)
    return bool(_CONTEXT.fullmatch(step[0])) or (placed and not any("«string»" in line for line in step))
