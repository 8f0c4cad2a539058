"""Man pages from the command line itself: `python -m tools.manpages DIR` writes `nivis.1`, and one for each verb."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from nivis_tofu import __version__
from nivis_tofu.cli import app
from nivis_tofu.cli.common import Common
from tools.clidoc import metavar, verbs

SHARED = frozenset(f.name for f in fields(Common))
EXIT = (
    ("0", "done; for plan also where something changes"),
    ("1", "an error, of usage too"),
    ("2", "with --detailed-exitcode only: something changes or is pending"),
    ("3", "not converged: nothing is left to apply, and something still waits"),
    ("130, 143", "interrupted, terminated"),
)


def pages() -> dict[str, str]:
    """File name -> text in the macros of man(7)."""
    command: Any = app.command()
    found = dict(verbs(command, "nivis"))
    return {"nivis.1": _main(command, found)} | {
        f"{name.replace(' ', '-')}.1": _verb(name, verb) for name, verb in found.items()
    }


def _main(command: Any, found: dict[str, Any]) -> str:
    some = found["nivis plan"]
    parts = [
        *_head("nivis", command.help),
        ".SH SYNOPSIS", ".B nivis", r"\fIVERB\fR [\fIOPTION\fR...]",
        ".SH VERBS",
        *(line for name, verb in found.items() for line in _entry(rf"\fB{_text(name)}\fR(1)", _first(verb.help))),
        ".SH GLOBAL OPTIONS", *_options(some, shared=True),
        ".SH EXIT STATUS", *(line for code, what in EXIT for line in _entry(_text(code), what)),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _verb(name: str, verb: Any) -> str:
    arguments = " ".join(metavar(p) for p in verb.params if p.param_type_name == "argument")
    options = list(_options(verb, shared=False))
    parts = [
        *_head(name.replace(" ", "-"), verb.help),
        ".SH SYNOPSIS", rf"\fB{_text(name)}\fR [\fIOPTION\fR...] {_text(arguments)}".rstrip(),
        ".SH DESCRIPTION", _text(verb.help or ""),
        *([".SH OPTIONS", *options] if options else []),
        ".SH SEE ALSO", r"\fBnivis\fR(1) has the options that every verb takes.",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _head(name: str, text: str | None) -> list[str]:
    title = rf'.TH "{name.upper()}" "1" "" "nivis {__version__}" "nivis"'
    return [title, ".SH NAME", rf"{_text(name)} \- {_text(_first(text).rstrip('.'))}"]


def _options(verb: Any, *, shared: bool) -> Iterator[str]:
    for option in verb.params:
        if option.param_type_name == "option" and not option.hidden and (option.name in SHARED) == shared:
            names = ", ".join(rf"\fB{_text(o)}\fR" for o in [*option.opts, *option.secondary_opts])
            value = "" if option.is_flag else rf" \fI{_text(option.make_metavar(_context(verb)))}\fR"
            yield from _entry(names + value, (option.help or "").strip())


def _context(verb: Any) -> Any:
    return typer.Context(verb)


def _entry(term: str, text: str) -> list[str]:
    return [".TP", term, _text(text)]


def _first(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _text(text: str) -> str:
    """Text that no macro and no escape begins in; a hyphen is a minus, so that options can be copied."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.M)


def main(argv: list[str]) -> int:
    target = Path(argv[0])
    target.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (target / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
