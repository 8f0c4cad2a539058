"""What a completion script is made of, and how odd words stand in it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import pytest
import typer

from nivis_tofu.cli import app, completion_scripts
from nivis_tofu.cli.completion_scripts import Shell, Verb, script, verbs


class Colour(StrEnum):
    red = "red"
    blue = "blue"


def some() -> Any:
    top, below = typer.Typer(add_completion=False, rich_markup_mode=None), typer.Typer()

    @top.command("show")
    def show(
        name: Annotated[str, typer.Argument(metavar="ID")],
        colour: Annotated[Colour, typer.Option("--colour", help="Which one.\nMore.")] = Colour.red,
        file: Annotated[str, typer.Option("--file", metavar="FILE", help="Where.")] = "",
        on: Annotated[bool, typer.Option("--on/--off", help="On.")] = True,
        secret: Annotated[bool, typer.Option("--secret", hidden=True)] = False,
    ) -> None:
        """Show one.

        At length.
        """

    @below.command("list")
    def list_(file: Annotated[str, typer.Argument(metavar="FILE")]) -> None:
        """List all."""

    @top.command("hidden", hidden=True)
    def hidden() -> None: ...

    @top.command("help")
    def help_() -> None:
        """Help."""

    top.add_typer(below, name="state", help="About state.")
    return typer.main.get_command(top)


FOUND = {verb.words: verb for verb in verbs(some())}


def test_the_tree_is_flat_and_has_nothing_hidden() -> None:
    assert list(FOUND) == ["", "show", "help", "state", "state list"]
    show = FOUND["show"]
    assert show.help == "Show one."
    assert dict(show.options) == {
        "--colour": "Which one.", "--file": "Where.", "--on": "On.", "--off": "On.", "--help": "Show this message and exit.",
    }  # fmt: skip


def test_what_an_option_and_an_argument_take() -> None:
    show = FOUND["show"]
    assert show.valued == {"--colour", "--file"}
    assert (set(show.files), show.takes) == ({"--file"}, "names")
    assert dict(show.choices) == {"--colour": ("red", "blue")}
    assert FOUND["state list"].takes == "files"


def test_what_stands_below() -> None:
    assert FOUND["state"].below == (("list", "List all."),)
    assert FOUND["help"].below == FOUND[""].below, "one asks for help on any verb"


ODD = Verb("", "", {"--a": "it's ‘so’ $x `n`: \\"}, frozenset({"--a"}), frozenset(), "names", (("b", ""),))


@pytest.mark.parametrize(
    ("shell", "written"),
    [
        ("powershell", "'--a' = 'it''s ‘‘so’’ $x `n`: \\'"),
        ("fish", "'it\\'s ‘so’ $x `n`: \\\\'"),
    ],
)
def test_an_odd_help_is_a_literal(shell: Shell, written: str) -> None:
    assert written in script(shell, [ODD])


def test_the_script_for_powershell() -> None:
    """No PowerShell is needed to see that every verb, option and help is a literal of its own."""
    assert "'b' = 'b'" in script("powershell", [ODD])  # an empty help is an error there
    tree = completion_scripts.verbs(app.command())
    whole = completion_scripts.script("powershell", tree)
    for verb in tree:
        assert f"$verbs['{verb.words}'] = @{{" in whole
        assert all(f"'{option}' = '" in whole for option in verb.options)
    assert "tofu-json" not in whole
    assert "__complete" not in {name for verb in tree for name, _ in verb.below}
    # Outside of literals all that opens is closed, in order.
    bare = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|#.*", "", whole)
    opened = []
    for char in bare:
        if char in "({[":
            opened.append(char)
        elif char in ")}]":
            assert opened.pop() + char in ("()", "{}", "[]")
    assert not opened
