"""Command lines, without running them."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu import argv
from nivis_tofu.tofu.argv import ApplyOptions, Argv, InitOptions, Locking, PlanOptions

PLAN = ("plan", "-json", "-input=false", "-no-color")
APPLY = ("apply", "-json", "-input=false", "-no-color")
INIT = ("init", "-json", "-input=false", "-no-color")
LOCKING = Locking(lock=False, timeout="30s")
LOCK_FLAGS = ("-lock=false", "-lock-timeout=30s")


def test_plan_without_options() -> None:
    assert argv.plan(PlanOptions(), "tofu") == PLAN


def test_plan_with_everything() -> None:
    options = PlanOptions(
        out="plan.bin",
        mode="destroy",
        refresh=False,
        exclude=('a.b["x y"]', "c.d"),
        exclude_file="file",
        replace=("e.f",),
        parallelism=3,
        locking=LOCKING,
        var_files=("v.json",),
        generate_config_out="g.tf",
        extra=("-compact-warnings",),
    )
    assert argv.plan(options, "tofu") == (
        *PLAN,
        "-out=plan.bin",
        "-parallelism=3",
        *LOCK_FLAGS,
        "-destroy",
        "-refresh=false",
        '-exclude=a.b["x y"]',
        "-exclude=c.d",
        "-exclude-file=file",
        "-replace=e.f",
        "-var-file=v.json",
        "-generate-config-out=g.tf",
        "-compact-warnings",
    )


def test_refresh_only_and_targets() -> None:
    options = PlanOptions(mode="refresh-only", targets=("a.b", "c.d"))
    assert argv.plan(options, "terraform") == (*PLAN, "-refresh-only", "-target=a.b", "-target=c.d")


@pytest.mark.parametrize("options", [PlanOptions(exclude=("a.b",)), PlanOptions(exclude_file="f")])
def test_terraform_has_no_exclude(options: PlanOptions) -> None:
    with pytest.raises(EngineError, match="Terraform cannot exclude resources"):
        argv.plan(options, "terraform")


def test_exclude_and_target_do_not_mix() -> None:
    with pytest.raises(EngineError, match="cannot be combined"):
        argv.plan(PlanOptions(exclude=("a.b",), targets=("c.d",)), "tofu")


@pytest.mark.parametrize(
    ("options", "partial"),
    [
        (PlanOptions(), False),
        (PlanOptions(refresh=False, replace=("a.b",)), False),
        (PlanOptions(targets=("a.b",)), True),
        (PlanOptions(exclude=("a.b",)), True),
        (PlanOptions(exclude_file="f"), True),
    ],
)
def test_partial(options: PlanOptions, partial: bool) -> None:
    assert options.partial is partial


def test_apply_of_a_saved_plan_puts_the_file_last() -> None:
    options = ApplyOptions(parallelism=2, locking=LOCKING, backup="b", extra=("-compact-warnings",))
    expected = (*APPLY, "-parallelism=2", *LOCK_FLAGS, "-backup=b", "-compact-warnings", "plan.bin")
    assert argv.apply_saved("plan.bin", options) == expected
    assert "-auto-approve" not in expected


def test_direct_apply_approves_and_ignores_out() -> None:
    line = argv.apply_direct(PlanOptions(out="x", exclude=("a.b",)), ApplyOptions(locking=LOCKING), "tofu")
    assert line == (
        *("apply", "-json", "-auto-approve", "-input=false", "-no-color"),
        *LOCK_FLAGS,
        "-exclude=a.b",
    )


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        (InitOptions(), ()),
        (InitOptions(upgrade=True, backend=False), ("-upgrade", "-backend=false")),
        (InitOptions(backend_change="reconfigure"), ("-reconfigure",)),
        (InitOptions(backend_change="migrate"), ("-migrate-state", "-force-copy")),
        (
            InitOptions(backend_config=("a=b", "f.hcl"), lockfile="readonly", locking=LOCKING, extra=("-get=false",)),
            ("-backend-config=a=b", "-backend-config=f.hcl", "-lockfile=readonly", *LOCK_FLAGS, "-get=false"),
        ),
    ],
)
def test_init(options: InitOptions, flags: argv.Argv) -> None:
    assert argv.init(options) == (*INIT, *flags)


def test_readers() -> None:
    assert argv.show() == ("show", "-json", "-no-color")
    assert argv.show("p") == ("show", "-json", "-no-color", "p")
    assert argv.validate() == ("validate", "-json", "-no-color")
    assert argv.version() == ("version", "-json")
    assert argv.providers_schema() == ("providers", "schema", "-json")
    assert argv.output() == ("output", "-json", "-no-color")
    assert argv.state_pull() == ("state", "pull")
    assert argv.state_list(("a.b",)) == ("state", "list", "a.b")
    assert argv.workspace_list() == ("workspace", "list")


@pytest.mark.parametrize(
    ("line", "terraform_line", "expected"),
    [
        (
            argv.state_push("f", LOCKING, "tofu", force=True),
            argv.state_push("f", LOCKING, "terraform", force=True),
            ("state", "push", "-force", *LOCK_FLAGS, "-json", "f"),
        ),
        (
            argv.state_mv("a", "b", LOCKING, "tofu"),
            argv.state_mv("a", "b", LOCKING, "terraform"),
            ("state", "mv", *LOCK_FLAGS, "-json", "a", "b"),
        ),
        (
            argv.state_rm(("a", "b"), LOCKING, "tofu"),
            argv.state_rm(("a", "b"), LOCKING, "terraform"),
            ("state", "rm", *LOCK_FLAGS, "-json", "a", "b"),
        ),
        (
            argv.state_replace_provider("a", "b", LOCKING, "tofu"),
            argv.state_replace_provider("a", "b", LOCKING, "terraform"),
            ("state", "replace-provider", "-auto-approve", *LOCK_FLAGS, "-json", "a", "b"),
        ),
        (
            argv.import_("a", "i", LOCKING, "tofu", ("v",)),
            argv.import_("a", "i", LOCKING, "terraform", ("v",)),
            ("import", "-input=false", "-no-color", *LOCK_FLAGS, "-var-file=v", "-json", "a", "i"),
        ),
        (
            argv.taint("a", LOCKING, "tofu"),
            argv.taint("a", LOCKING, "terraform"),
            ("taint", *LOCK_FLAGS, "-json", "a"),
        ),
        (
            argv.untaint("a", LOCKING, "tofu"),
            argv.untaint("a", LOCKING, "terraform"),
            ("untaint", *LOCK_FLAGS, "-json", "a"),
        ),
        (
            argv.force_unlock("id", "tofu"),
            argv.force_unlock("id", "terraform"),
            ("force-unlock", "-force", "-json", "id"),
        ),
        (
            argv.workspace_new("w", LOCKING, "tofu"),
            argv.workspace_new("w", LOCKING, "terraform"),
            ("workspace", "new", *LOCK_FLAGS, "-json", "w"),
        ),
        (
            argv.workspace_select("w", "tofu"),
            argv.workspace_select("w", "terraform"),
            ("workspace", "select", "-json", "w"),
        ),
        (
            argv.workspace_delete("w", LOCKING, "tofu", force=True),
            argv.workspace_delete("w", LOCKING, "terraform", force=True),
            ("workspace", "delete", "-force", *LOCK_FLAGS, "-json", "w"),
        ),
    ],
)
def test_commands_that_speak_json_on_opentofu_only(
    line: argv.Argv, terraform_line: argv.Argv, expected: argv.Argv
) -> None:
    assert line == expected
    assert terraform_line == tuple(item for item in expected if item != "-json")


@pytest.mark.parametrize(
    ("line", "tofu", "terraform"),
    [
        (("plan", "-json"), ("plan", "-var-file=F", "-json"), ("plan", "-var-file=F", "-json")),
        (("state", "mv", "a", "b"), ("state", "mv", "-var-file=F", "a", "b"), ("state", "mv", "a", "b")),
        (
            ("apply", "-auto-approve"),
            ("apply", "-var-file=F", "-auto-approve"),
            ("apply", "-var-file=F", "-auto-approve"),
        ),
        (("apply", "p"), ("apply", "-var-file=F", "p"), ("apply", "p")),
        (("validate",), ("validate", "-var-file=F"), ("validate",)),
        (("providers", "schema"), ("providers", "schema", "-var-file=F"), ("providers", "schema")),
    ],
)
def test_values_of_variables_go_where_the_engine_takes_them(line: Argv, tofu: Argv, terraform: Argv) -> None:
    assert argv.with_var_files(line, ("F",), "tofu") == tofu
    assert argv.with_var_files(line, ("F",), "terraform") == terraform


def test_an_engine_that_takes_no_values_beside_a_saved_plan_gets_none() -> None:
    assert argv.with_var_files(("apply", "p"), ("F",), "tofu", beside_plan=False) == ("apply", "p")
    direct = ("apply", "-auto-approve")
    assert argv.with_var_files(direct, ("F",), "tofu", beside_plan=False) == ("apply", "-var-file=F", "-auto-approve")


def test_what_the_engine_cannot_leave_out() -> None:
    with pytest.raises(EngineError, match="Targets and exclusions cannot be combined"):
        argv.plan(PlanOptions(targets=("a.b",), exclude=("c.d",)), "tofu")


@pytest.mark.parametrize(
    ("text", "usage"),
    [
        ("Usage: tofu [global options] taint [options] <address>\n  Error parsing command-line flags: …", True),
        ("Error parsing command-line flags: flag provided but not defined: -json", True),
        ("Error acquiring the state lock", False),
        ("the flag -json", False),
    ],
)
def test_a_flag_that_the_engine_does_not_know(text: str, usage: bool) -> None:
    assert argv.is_usage(text) is usage
