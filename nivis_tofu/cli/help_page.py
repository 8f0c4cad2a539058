"""How `--help` looks: verbs by what they are for, options in groups, one line each, and no rich, which loads slowly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMON, SELECTION, STATE, ENGINE = "Common options", "Selection", "State", "Engine"
GROUPS = (COMMON, SELECTION, STATE, ENGINE)
"""Headings of the options that every verb takes, in their order."""
VERBS: Mapping[str, tuple[str, ...]] = {
    "Run": ("init", "plan", "apply", "destroy", "refresh", "validate", "test", "output", "stacks"),
    "Understand": ("graph", "why", "diff", "eval", "show", "providers", "doctor"),
    "State": ("state", "import", "taint", "untaint", "workspace", "force-unlock"),
    "Write flakes": ("adopt", "convert", "gen", "render"),
    "Set up": ("setup", "completion", "lsp", "help"),
    "OpenTofu's own": ("console", "env", "fmt", "get", "login", "logout", "metadata", "version"),
}
"""Headings of the list of verbs. A verb that is in none of them is listed last."""
_WIDTH = 100


class HelpOfVerb(TyperCommand):
    """A command whose help lists its own options first and then the shared ones, group by group."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        grouped: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], **{name: [] for name in GROUPS}}
        for parameter in self.get_params(ctx):
            if (row := parameter.get_help_record(ctx)) is not None:
                grouped[_heading(parameter)].append(row)
        _write(formatter, grouped)


class HelpOfVerbs(TyperGroup):
    """A command with verbs below it, listed by what they are for."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        shown = {name: _summary(command) for name, command in self.commands.items() if not command.hidden}
        grouped = {title: [(n, shown.pop(n)) for n in names if n in shown] for title, names in VERBS.items()}
        _write(formatter, {**grouped, "Commands": list(shown.items())} if ctx.parent is None else {"Verbs": _all(self)})


class Cli(typer.Typer):
    """A `typer.Typer` whose commands have such a help."""

    def __init__(self, only: str = "", **settings: Any) -> None:
        """`only`: the one command that is wanted; others are not made, since each takes time."""
        self.only = only
        settings.setdefault("context_settings", {})["max_content_width"] = _WIDTH
        super().__init__(cls=HelpOfVerbs, **settings)

    def wants(self, name: str) -> bool:
        """Whether a command has to be made."""
        return self.only in ("", name)

    def command(self, name: str | None = None, **settings: Any) -> Any:
        return super().command(name, cls=HelpOfVerb, **settings)


def _all(group: TyperGroup) -> list[tuple[str, str]]:
    return [(name, _summary(command)) for name, command in group.commands.items() if not command.hidden]


def _summary(command: Any) -> str:
    return (command.help or "").strip().split("\n")[0]


def _heading(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    if parameter.name == "help":
        return COMMON
    return getattr(parameter, "rich_help_panel", None) or "Options"


def _write(formatter: Any, grouped: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    for title, rows in grouped.items():
        if found := list(rows):
            with formatter.section(title):
                formatter.write_dl(found)
