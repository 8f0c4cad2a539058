"""Every flag of OpenTofu's verbs does what the table says that it does."""

from __future__ import annotations

from typing import Any

import click
import pytest

from nivis_tofu.cli import app
from nivis_tofu.cli.opentofu import PASSING, VERBS, Flag, Here, flag_of, passes
from nivis_tofu.cli.spelling import ENGINE, normalise, split
from nivis_tofu.core.errors import NivisError

VALUES = {"parallelism": "3", "backend": "false", "cloud": "false", "lockfile": "readonly", "lock-timeout": "5s"}
CUSTOM = ["destroy", "refresh-only", "refresh", "replace", "target", "target-file", "exclude", "exclude-file", "var"]


def line(verb: str, name: str) -> list[str]:
    """A command line with this flag, as OpenTofu takes it."""
    if value := VALUES.get(name):
        return [*verb.split(), f"-{name}={value}"]
    known = app.taken(verb)
    takes = name not in known.switches | known.pairs | {"no-color"} and not (verb == "show" and name == "state")
    flag = flag_of(verb, name)
    if flag and flag.here in (Here.IGNORED, Here.REFUSED):
        takes = flag.valued or flag.here is Here.REFUSED
    return [*verb.split(), f"-{name}=x" if takes else f"-{name}"]


def every(here: Here) -> list[Any]:
    flags = [(verb, name, flag) for verb, found in VERBS.items() for name, flag in found.items() if verb]
    return [pytest.param(v, n, f, id=f"{v} -{n}") for v, n, f in flags if f.here is here]


def parsed(words: list[str]) -> Any:
    """What the command line parser makes of it; arguments that are missing are not the point."""
    command = app.command()
    while words and not words[0].startswith("-") and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    try:
        return command.make_context("nivis", words).params
    except Exception as error:
        if type(error).__name__ == "MissingParameter":
            return {}
        raise


@pytest.mark.parametrize(("verb", "name", "flag"), every(Here.WORKS))
def test_what_works_is_understood(verb: str, name: str, flag: Flag) -> None:
    typed = line(verb, name)
    assert split(typed) == (typed, tuple(typed[1:]) if verb == "test" else ())
    meant = normalise(typed, {}, app.taken)
    if (verb, name) != ("show", "state"):
        assert meant != normalise(verb.split(), {}, app.taken), "it is dropped"
    parsed(meant)


@pytest.mark.parametrize("verb", ["apply", "destroy"])
@pytest.mark.parametrize("name", [*CUSTOM, *VERBS["apply"]])
def test_apply_and_destroy_take_what_a_plan_takes(verb: str, name: str) -> None:
    if verb == "destroy" and name in ("destroy", "refresh-only"):
        return  # what it is already, and what it cannot be
    found = flag_of(verb, name)
    assert found
    assert found.here in (Here.WORKS, Here.IGNORED)
    parsed(normalise(line(verb, name), {}, app.taken))


@pytest.mark.parametrize(("verb", "name", "flag"), every(Here.IGNORED))
def test_what_is_ignored_leaves_no_trace(verb: str, name: str, flag: Flag) -> None:
    bare = normalise(verb.split(), {}, app.taken)
    assert normalise(line(verb, name), {}, app.taken) == bare
    if flag.valued:
        assert normalise([*verb.split(), f"-{name}", "x"], {}, app.taken) == bare
    else:
        assert normalise([*verb.split(), f"-{name}=false"], {}, app.taken) == bare
        assert normalise([*verb.split(), f"-{name}", "x"], {}, app.taken) == [*bare, "x"]
    assert flag.note


@pytest.mark.parametrize(("verb", "name", "flag"), every(Here.REFUSED))
def test_what_is_refused_says_what_to_do(verb: str, name: str, flag: Flag) -> None:
    with pytest.raises(NivisError) as caught:
        normalise(line(verb, name), {}, app.taken)
    found = caught.value.diagnostics[0]
    assert f"`-{name}` of `tofu {verb}`" in found.detail
    assert flag.note in found.hint


@pytest.mark.parametrize(("verb", "name", "flag"), every(Here.PASSES))
def test_what_passes_reaches_the_engine_as_it_is(verb: str, name: str, flag: Flag) -> None:
    if verb == "test":  # nivis has tests of its own
        assert split([verb, f"-{name}=x y", "--json"]) == ([verb, "--json"], (f"-{name}=x y",))
        return
    typed = [*verb.split(), f"-{name}=x y", "--", "-json", "-chdir=z"]
    own, engine = split(["-chdir=d", "--var", "a=b", *typed])
    assert engine == tuple(typed)
    assert own == ["-chdir=d", "--var", "a=b", typed[0] if typed[0] in PASSING else ENGINE]
    given = parsed(normalise(own, {"TF_CLI_ARGS": "-no-such-flag"}, app.taken))
    assert (given["flake"], given["var"]) == ("d", ("a=b",))


@pytest.mark.parametrize("verb", PASSING)
def test_a_verb_that_passes_is_listed(verb: str) -> None:
    assert app.command().commands[verb].help
    assert passes([verb])


@pytest.mark.parametrize(
    "typed", ["plan", "graph --format dot", "providers", "show F", "state list", "", "--json plan"]
)
def test_what_does_not_pass(typed: str) -> None:
    assert split(typed.split()) == (typed.split(), ())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("-help", "help"),
        ("-h", "help"),
        ("--help state mv", "help state mv"),
        ("-chdir=d -help", "help"),
        ("plan -help", "plan --help"),
        ("state -help", "state --help"),
        ("state mv -help", "state mv --help"),
        ("state ls -help", "state list --help"),
        ("help state mv", "help state mv"),
    ],
)
def test_help(typed: str, meant: str) -> None:
    assert normalise(typed.split(), {}, app.taken) == meant.split()


@pytest.mark.parametrize("words", [["nope"], ["state", "nope"], ["plan", "nope"]])
def test_help_on_what_is_not_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["help", *words]) == 1
    assert f"There is no `nivis {' '.join(words)}`." in capsys.readouterr().err


def test_every_verb_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    for name, found in app.command().commands.items():
        if found.hidden or name in PASSING:
            continue
        for words in ([name], *([name, sub] for sub in getattr(found, "commands", {}))):
            assert app.run([*words, "-help"]) == 0
            told = capsys.readouterr().out
            assert told.startswith(f"Usage: nivis {' '.join(words)}")
            assert app.run(["help", *words]) == 0
            assert capsys.readouterr().out == told


def test_usage_errors_are_usage_errors() -> None:
    """The helper above hides nothing but missing arguments."""
    with pytest.raises(Exception, match="No such option") as caught:
        parsed(["plan", "--no-such-flag"])
    assert isinstance(caught.value, click.ClickException) or type(caught.value).__name__ == "NoSuchOption"
