"""OpenTofu's spelling of flags."""

from __future__ import annotations

import pytest

from nivis_tofu.cli.spelling import normalise, split


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("plan -out=F -input=false", "plan --out=F --no-input"),
        ("plan -out F -detailed-exitcode", "plan --out F --detailed-exitcode"),
        ("apply -auto-approve F", "apply --auto-approve F"),
        ("plan -refresh=false -lock=false -lock-timeout=5s", "plan --no-refresh --no-lock --lock-timeout=5s"),
        ("plan -refresh=true -lock=true -compact-warnings", "plan"),
        ("-chdir=infra plan -no-color", "plan --color=never --flake=infra"),
        ("--flake d --var a=b plan", "plan --flake d --var a=b"),
        ("plan -var a=-b", "plan --var a=-b"),
        ("plan -destroy=true -json=false", "plan --destroy"),
        ("state list", "state list"),
        ("--version", "--version"),
        ("", ""),
    ],
)
def test_flags(typed: str, meant: str) -> None:
    assert normalise(typed.split(), {}) == meant.split()


def test_flags_from_the_environment_count_as_typed() -> None:
    env = {"TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_plan": "-parallelism=3 -var 'a=b c'"}
    assert normalise(["plan", "--all"], env) == ["plan", "--color=never", "--parallelism=3", "--var", "a=b c", "--all"]
    assert normalise(["state", "list"], env) == ["state", "list"]


def test_what_stands_behind_two_dashes_goes_to_the_engine() -> None:
    assert split(["plan", "--all", "--", "-compact-warnings", "-x"]) == (["plan", "--all"], ("-compact-warnings", "-x"))
    assert split(["plan"]) == (["plan"], ())
