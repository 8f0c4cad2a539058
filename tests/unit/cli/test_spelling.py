"""OpenTofu's spelling of flags."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.cli import app
from nivis_tofu.cli.spelling import GROUPS, normalise, split
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
    assert normalise(typed.split(), {}, app.taken) == meant.split()


VERB = {"auto-approve": "apply", "force": "destroy"}
"""Where a switch is known that `plan` does not have."""
ON, OFF = ["1", "t", "T", "TRUE", "true", "True"], ["0", "f", "F", "FALSE", "false", "False"]


@pytest.mark.parametrize("value", ON)
def test_what_is_true(value: str) -> None:
    flags = ["-lock", "-refresh", "-input", "-auto-approve", "-destroy", "-detailed-exitcode", "-refresh-only"]
    for flag in flags:
        verb = VERB.get(flag.strip("-"), "plan")
        assert normalise([verb, f"{flag}={value}"], {}, app.taken) == [verb, f"-{flag}"]
    assert normalise(["plan", f"-json={value}"], {}, app.taken) == ["plan", "--tofu-json"]
    assert normalise(["plan", f"-compact-warnings={value}", f"-no-color={value}"], {}, app.taken) == [
        "plan",
        "--color=never",
    ]


@pytest.mark.parametrize("value", OFF)
def test_what_is_false(value: str) -> None:
    for flag in ("lock", "refresh", "input"):
        assert normalise(["plan", f"-{flag}={value}"], {}, app.taken) == ["plan", f"--no-{flag}"]
    for flag in ("json", "auto-approve", "destroy", "detailed-exitcode", "compact-warnings", "no-color", "force"):
        verb = VERB.get(flag, "plan")
        assert normalise([verb, f"-{flag}={value}"], {}, app.taken) == [verb]


@pytest.mark.parametrize("value", ["tRUE", "yes", "on", "2", "", " true", "no"])
@pytest.mark.parametrize("flag", ["-lock", "--refresh", "-json", "-auto-approve", "-compact-warnings", "-no-color"])
def test_anything_else_is_an_error_that_names_flag_and_value(flag: str, value: str) -> None:
    verb = VERB.get(flag.strip("-"), "plan")
    for argv, env in (([verb, f"{flag}={value}"], {}), ([verb], {"TF_CLI_ARGS": f"'{flag}={value}'"})):
        with pytest.raises(NivisError) as caught:
            normalise(argv, env, app.taken)
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
    assert normalise(typed.split(), {}, app.taken) == meant.split()


def test_flags_from_the_environment_count_as_typed() -> None:
    env = {"TF_CLI_ARGS": "-no-color -json", "TF_CLI_ARGS_plan": "-parallelism=3 -var 'a=b c' -lock=False"}
    given = ["--color=never", "--tofu-json", "--parallelism=3", "--var", "a=b c", "--no-lock"]
    assert normalise(["plan", "--all"], env, app.taken) == ["plan", *given, "--all"]
    assert normalise(["plan", "-json=0", "-lock=T"], env, app.taken) == [
        "plan",
        *(g for g in given if g != "--tofu-json"),
        "--lock",
    ]
    assert normalise(["state", "list"], env, app.taken) == ["state", "list"]


def test_what_stands_behind_two_dashes_goes_to_the_engine() -> None:
    assert split(["plan", "--all", "--", "-compact-warnings", "-x"]) == (["plan", "--all"], ("-compact-warnings", "-x"))
    assert split(["plan"]) == (["plan"], ())


def test_verbs_with_verbs_below_them() -> None:
    root: Any = app.command()
    assert {name for name, command in root.commands.items() if hasattr(command, "commands")} == GROUPS


def test_what_a_verb_takes_is_read_off_the_parser() -> None:
    plan, state_rm = app.taken("plan"), app.taken("state rm")
    assert {"all", "detailed-exitcode", "tofu-json"} <= plan.switches
    assert "detailed-exitcode" not in state_rm.switches
    assert {"refresh", "lock", "input"} <= plan.pairs & state_rm.pairs
    assert {"out", "target"} <= plan.valued
    assert app.taken("no-such-verb").switches == frozenset()


@pytest.mark.parametrize("line", ["state mv -state-out=x a b"])
def test_a_flag_that_is_refused_says_what_to_do_instead(line: str) -> None:
    with pytest.raises(NivisError) as caught:
        normalise(line.split(), {}, app.taken)
    (found,) = caught.value.diagnostics
    assert found.summary == "A flag of OpenTofu that nivis does not have"
    assert "`-state-out`" in found.detail
    assert found.hint.startswith("Instead: ")
