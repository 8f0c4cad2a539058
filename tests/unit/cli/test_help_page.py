"""`--help`: options in groups, metavars that say what is wanted, one line each."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import typer

from nivis_tofu.cli import app, help_page
from nivis_tofu.cli.common import Common

COMMAND: Any = app.command()
SHARED = {field.name for field in fields(Common)}


def leaves(command: Any, words: str) -> list[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        return [(words, command)]
    return [leaf for name, below in command.commands.items() for leaf in leaves(below, f"{words} {name}")]


VERBS = [(words.strip(), verb) for words, verb in leaves(COMMAND, "") if not verb.hidden]


def page(command: Any) -> str:
    text: str = command.get_help(typer.Context(command, terminal_width=80))
    return text


def test_every_verb_is_listed_under_a_heading() -> None:
    listed = [name for names in help_page.VERBS.values() for name in names]
    assert sorted(listed) == sorted(name for name, command in COMMAND.commands.items() if not command.hidden)
    for title in help_page.VERBS:
        assert f"\n{title}:\n" in page(COMMAND)


def test_the_options_of_the_verb_come_first_and_then_the_groups() -> None:
    text = page(dict(VERBS)["plan"])
    titles = [line[:-1] for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options", *help_page.GROUPS]
    assert text.index("--generate-config-out FILE") < text.index("--flake DIR") < text.index("--target ID")


@pytest.mark.parametrize(("words", "verb"), VERBS, ids=[words for words, _ in VERBS])
def test_help_says_what_is_wanted_in_one_line(words: str, verb: Any) -> None:
    assert len(verb.help.split("\n")[0]) <= 76, verb.help
    for parameter in verb.params:
        if getattr(parameter, "hidden", False):
            continue
        assert parameter.help, f"{words} {parameter.name}: what is it for?"
        assert parameter.help.endswith("."), f"{words} {parameter.name}: {parameter.help}"
        assert len(parameter.help) <= 64, f"{words} {parameter.name}: {parameter.help}"
        if parameter.param_type_name == "option":
            assert (parameter.rich_help_panel in help_page.GROUPS) == (parameter.name in SHARED), parameter.name
            chosen = "|" in parameter.make_metavar(typer.Context(verb))
            assert parameter.is_flag or chosen or parameter.metavar, f"{words} {parameter.name}: of what kind is it?"


def test_only_the_command_that_is_wanted_is_made() -> None:
    assert [name for name in ("plan", "apply") if help_page.Cli(only="plan").wants(name)] == ["plan"]
    assert [name for name in ("plan", "apply") if help_page.Cli().wants(name)] == ["plan", "apply"]
