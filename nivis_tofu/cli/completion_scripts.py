"""Completion scripts: verbs and options are written into them, ids are asked for at each tab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any, Literal

from nivis_tofu.core.immutable import immutable

Shell = Literal["bash", "zsh", "fish", "powershell"]
NAME_ARGUMENTS = frozenset({"ID", "ID...", "ID.ATTR", "OLD", "PROVIDER", "FROM", "TO"})
NAME_VERBS = frozenset(
    {"output", "test", "workspace select", "workspace delete"}
    | {f"stacks {verb}" for verb in ("plan", "apply", "destroy", "output")}
)
"""Their arguments are names that `nivis __complete` knows, as are those of NAME_ARGUMENTS and NAME_OPTIONS."""
NAME_OPTIONS = frozenset({"--target", "--exclude", "--replace", "--var", "--provider", "--stack"})
FILES = frozenset({"FILE", "DIR", "PLANFILE", "ZIP"})


@immutable(slots=True)
class Verb:
    """One command: its words (`state rm`), help, options (`--flag` -> help)."""

    words: str
    help: str
    options: Mapping[str, str]
    valued: frozenset[str]
    files: frozenset[str]
    """Of the options with a value: those that take a file."""
    takes: Literal["", "names", "files"]
    below: tuple[tuple[str, str], ...] = ()
    """Names and helps of its sub-commands, or of the words that its argument may be."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The values of an option that takes one of a few."""


def verbs(command: Any, words: str = "") -> list[Verb]:
    """The tree of a command line parser, flat; a hidden command is left out."""
    options: dict[str, str] = {}
    valued: set[str] = set()
    files: set[str] = set()
    takes: Literal["", "names", "files"] = "names" if words in NAME_VERBS else ""
    choices: dict[str, tuple[str, ...]] = {}
    below: tuple[tuple[str, str], ...] = ()
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            below += tuple((value, "") for value in _choices(parameter))
            named = takes == "names" or str(parameter.metavar or "").strip("[]{}") in NAME_ARGUMENTS
            takes = "names" if named else "files"
            continue
        for name in () if parameter.hidden else (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("--"):
                options[name] = _line(parameter.help)
                if not (parameter.is_flag or parameter.count):
                    valued.add(name)
                    files |= {name} if parameter.metavar in FILES else set()
                if values := _choices(parameter):
                    choices[name] = values
    options["--help"] = "Show this message and exit."
    subs = {n: c for n, c in getattr(command, "commands", {}).items() if not c.hidden}
    below += tuple((n, _line(c.help)) for n, c in subs.items())
    found = [Verb(words, _line(command.help), options, frozenset(valued), frozenset(files), takes, below, choices)]
    for name, sub in subs.items():
        found += verbs(sub, f"{words} {name}".strip())
    return found if words else [replace(v, below=found[0].below) if v.words == "help" else v for v in found]


def _choices(parameter: Any) -> tuple[str, ...]:
    """The words that a parameter takes, if they are few."""
    if "--template" in parameter.opts:
        from nivis_tofu.authoring.scaffold import ABOUT

        return tuple(ABOUT)
    return tuple(str(getattr(value, "value", value)) for value in getattr(parameter.type, "choices", ()))


def script(shell: Shell, tree: Iterable[Verb]) -> str:
    """The script for a shell, from the template of its name."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nivis_tofu", "completions"),
        undefined=StrictUndefined,
        # `${#x}` is a length in shells.
        comment_start_string="{##",
        comment_end_string="##}",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - shell scripts, and every text comes from our own help
    )
    environment.filters["quote"] = lambda text: "'" + str(text).replace("'", "'\\''") + "'"
    environment.filters["fish"] = lambda text: "'" + str(text).replace("\\", "\\\\").replace("'", "\\'") + "'"
    # PowerShell takes typographic quotes for quotes.
    environment.filters["powershell"] = lambda text: (
        "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", str(text)) + "'"
    )
    environment.filters["described"] = lambda pair: f"{str(pair[0]).replace(':', chr(92) + ':')}:{pair[1]}"
    return environment.get_template(f"nivis.{shell}.j2").render(verbs=list(tree), name_options=sorted(NAME_OPTIONS))


def _line(text: str | None) -> str:
    """The first line of a help text."""
    return (text or "").strip().split("\n")[0]
