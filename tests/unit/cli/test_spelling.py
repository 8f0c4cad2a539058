"""OpenTofu's spelling of flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nivis_tofu.cli import app
from nivis_tofu.cli.spelling import GROUPS, PAIRS, SWITCHES, normalise, split
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("plan -out=F -input=false", "plan --out=F --no-input"),
        ("plan -out F -detailed-exitcode", "plan --out F --detailed-exitcode"),
        ("apply -auto-approve F", "apply --auto-approve F"),
        ("plan -refresh=false -lock=false -lock-timeout=5s", "plan --no-refresh --no-lock --lock-timeout=5s"),
        ("plan -refresh=true -lock=true -compact-warnings", "plan --refresh --lock"),
        ("-chdir=infra plan -no-color", "plan --flake=infra --color=never"),
        ("--flake d --var a=b plan", "plan --flake d --var a=b"),
        ("plan -var a=-b", "plan --var a=-b"),
        ("plan -var -lock=maybe", "plan --var -lock=maybe"),
        ("plan -destroy=true -json=false", "plan --destroy"),
        ("state list", "state list"),
        ("--json state list", "state list --json"),
        ("init -backend=true", "init"),
        ("plan --backend=local", "plan --backend=local"),
        ("plan -json", "plan --tofu-json"),
        ("plan --json", "plan --json"),
        ("-json plan -json-into=F", "plan --tofu-json --tofu-json-into=F"),
        ("plan --json-into F", "plan --json-into F"),
        ("init --json-into F", "init --tofu-json-into F"),
        ("validate -json", "validate --json"),
        ("output -json -json-into F", "output --json --tofu-json-into F"),
        ("state list -json", "state list --json"),
        ("show -plan=F -json", "show F --tofu-json"),
        ("show -plan F", "show F"),
        ("show -state", "show"),
        ("show --state F", "show --state F"),
        ("workspace new --state F dev", "workspace new --state F dev"),
        ("plan -deprecation module:all -test F", "plan --test F"),
        ("state ls", "state list"),
        ("state move -dry-run a b", "state mv --dry-run a b"),
        ("--version", "--version"),
        ("", ""),
    ],
)
def test_flags(typed: str, meant: str) -> None:
    assert normalise(typed.split(), {}) == meant.split()


ON, OFF = ["1", "t", "T", "TRUE", "true", "True"], ["0", "f", "F", "FALSE", "false", "False"]


@pytest.mark.parametrize("value", ON)
def test_what_is_true(value: str) -> None:
    flags = ["-lock", "-refresh", "-input", "-auto-approve", "-destroy", "-detailed-exitcode", "-refresh-only"]
    for flag in flags:
        assert normalise(["plan", f"{flag}={value}"], {}) == ["plan", f"-{flag}"]
    assert normalise(["plan", f"-json={value}"], {}) == ["plan", "--tofu-json"]
    assert normalise(["plan", f"-compact-warnings={value}", f"-no-color={value}"], {}) == ["plan", "--color=never"]


@pytest.mark.parametrize("value", OFF)
def test_what_is_false(value: str) -> None:
    for flag in ("lock", "refresh", "input"):
        assert normalise(["plan", f"-{flag}={value}"], {}) == ["plan", f"--no-{flag}"]
    for flag in ("json", "auto-approve", "destroy", "detailed-exitcode", "compact-warnings", "no-color", "force"):
        assert normalise(["plan", f"-{flag}={value}"], {}) == ["plan"]


@pytest.mark.parametrize("value", ["tRUE", "yes", "on", "2", "", " true", "no"])
@pytest.mark.parametrize("flag", ["-lock", "--refresh", "-json", "-auto-approve", "-compact-warnings", "-no-color"])
def test_anything_else_is_an_error_that_names_flag_and_value(flag: str, value: str) -> None:
    for argv, env in ((["plan", f"{flag}={value}"], {}), (["plan"], {"TF_CLI_ARGS": f"'{flag}={value}'"})):
        with pytest.raises(NivisError) as caught:
            normalise(argv, env)
        found = caught.value.diagnostics[0]
        assert found.summary == "Malformed switch"
        assert f"`{flag}={value}`" in found.detail
        assert f"`{flag}=true`" in found.hint


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("plan -refresh=false -refresh=true", "plan --no-refresh --refresh"),
        ("plan -json -json=false", "plan"),
        ("plan -json=false -json", "plan --tofu-json"),
        ("plan --json -json=false", "plan --json"),
        ("apply --yes -auto-approve=false F", "apply F"),
        ("plan -no-color -no-color=false", "plan"),
        # What stands before the verb was typed first.
        ("-lock=false plan -lock", "plan --no-lock --lock"),
        ("--var a=1 plan --var a=2", "plan --var a=1 --var a=2"),
    ],
)
def test_the_last_one_holds(typed: str, meant: str) -> None:
    assert normalise(typed.split(), {}) == meant.split()


def test_flags_from_the_environment_count_as_typed() -> None:
    env = {"TF_CLI_ARGS": "-no-color -json", "TF_CLI_ARGS_plan": "-parallelism=3 -var 'a=b c' -lock=False"}
    given = ["--color=never", "--tofu-json", "--parallelism=3", "--var", "a=b c", "--no-lock"]
    assert normalise(["plan", "--all"], env) == ["plan", *given, "--all"]
    assert normalise(["plan", "-json=0", "-lock=T"], env) == [
        "plan",
        *(g for g in given if g != "--tofu-json"),
        "--lock",
    ]
    assert normalise(["state", "list"], env) == ["state", "list"]


def test_what_stands_behind_two_dashes_goes_to_the_engine() -> None:
    assert split(["plan", "--all", "--", "-compact-warnings", "-x"]) == (["plan", "--all"], ("-compact-warnings", "-x"))
    assert split(["plan"]) == (["plan"], ())


def test_every_switch_is_known() -> None:
    root: Any = app.command()
    assert {name for name, command in root.commands.items() if hasattr(command, "commands")} == GROUPS
    for parameter in parameters(root):
        if parameter.param_type_name == "option" and parameter.is_flag and parameter.name != "help":
            names = {opt.lstrip("-") for opt in parameter.opts if opt.startswith("--")}
            assert names <= (PAIRS if parameter.secondary_opts else SWITCHES), parameter.opts


def parameters(command: Any) -> Iterator[Any]:
    yield from command.params
    for below in getattr(command, "commands", {}).values():
        yield from parameters(below)


@pytest.mark.parametrize("line", ["state mv -state-out=x a b"])
def test_a_flag_that_is_refused_says_what_to_do_instead(line: str) -> None:
    with pytest.raises(NivisError) as caught:
        normalise(line.split(), {})
    (found,) = caught.value.diagnostics
    assert found.summary == "A flag of OpenTofu that nivis does not have"
    assert "`-state-out`" in found.detail
    assert found.hint.startswith("Instead: ")
