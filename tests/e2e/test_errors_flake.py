"""What users meet before the engine runs: flakes, Nix, variables, tools, options. State is never touched."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

VERBS = [("plan",), ("apply",), ("destroy",), ("validate",), ("output",), ("state", "list"), ("state", "show", "x.y.z")]


@pytest.mark.parametrize("args", VERBS, ids=" ".join)
def test_no_flake(project: Project, args: tuple[str, ...]) -> None:
    project.refused(
        "error: No flake in this directory",
        f"There is no flake.nix in {project.directory}.",
        "hint: Run `nivis init` to create one",
        args=args,
    )


def test_no_such_directory(project: Project) -> None:
    project.refused("error: No such directory", "`--flake missing` is neither", args=("plan", "--flake", "missing"))


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy", "validate"])
def test_attribute_missing(project: Project, verb: str) -> None:
    project.chain().run("apply").ok()
    project.refused(
        "error: The flake does not provide `nivis.plam`",
        "The flake's outputs have no such attribute.",
        "Define `nivis.plam = ledger: lib.toIR { … };`",
        "`--attr`",
        args=(verb, "--attr", "nivis.plam"),
    )


def test_attribute_is_no_function(project: Project) -> None:
    (project.directory / "flake.nix").write_text("{ outputs = _: { nivis.plan = { }; }; }")
    project.refused("error: `nivis.plan` is not a function", "hint: Write `nivis.plan = ledger: lib.toIR")


def test_flake_that_is_no_nix(project: Project) -> None:
    (project.directory / "flake.nix").write_text("{ outputs = ")
    project.refused("error: syntax error, unexpected end of file", "The flake does not evaluate.")


def test_outputs_that_throw(project: Project) -> None:
    (project.directory / "flake.nix").write_text('{ outputs = _: throw "not today"; }')
    project.refused("error: not today", "The flake does not evaluate.")


def test_attribute_that_throws(project: Project) -> None:
    (project.directory / "flake.nix").write_text('{ outputs = _: { nivis.plan = throw "not today"; }; }')
    project.refused("error: not today", "Nix could not evaluate the plan.")


def test_nix_error_whole_and_at_the_users_place(project: Project) -> None:
    project.chain().run("apply").ok()
    project.flake('ir [ (data "a" (1 + "x")) ] { }')
    result = project.refused(
        "error: cannot add a string to an integer at flake.nix:13:28",
        '13 | in ir [ (data "a" (1 + "x")) ] { };',
        "Nix could not evaluate the plan, while reading 'terraform.terraform_data.a', config.input.",
        "hint: Turn the number into text",
    )
    assert "lock file" not in result.stderr
    rows = result.stderr.splitlines()
    code = next(i for i, row in enumerate(rows) if "13 | " in row)
    assert rows[code + 1].index("^") == rows[code].index('"x"')


def test_users_own_warnings_and_traces_are_kept(project: Project) -> None:
    project.flake('builtins.trace "seen by me" (throw "kaboom")')
    shown = project.refused("trace: seen by me", "error: kaboom", args=("plan", "--log-level", "debug")).stderr
    assert "nix: error: kaboom" in shown
    assert "from call site" in shown
    chain = """a = data "a" 1; b = data "b" (lib.str [ "x" (a.refAttr "id") ]);"""
    project.flake('builtins.trace "seen by me" (ir [ a b ] { })', let=chain)
    applied = project.run("apply").ok()  # Nix is asked in each of the phases
    assert applied.stderr.count("trace: seen by me\n") == 1
    assert "trace" not in applied.stdout + applied.stderr.replace("trace: seen by me", "")


def test_variables_are_required_and_typed(project: Project) -> None:
    project.flake('ir [ (data "a" v.x) ] { }', let='v = lib.mkVars { x = { type = "int"; }; } ledger.vars;')
    project.refused("nivis.mkVars: required variable 'x' is not set (declare a default or pass --var x=...)")
    project.refused("nivis.mkVars: variable 'x' expects type 'int', got 'v'", args=("apply", "--var", "x=v"))
    project.run("apply", "--var", "x=7").ok()
    assert project.attributes("terraform_data.a")["output"] == {"type": "number", "value": 7}


def test_values_on_disk_survive_a_broken_flake(project: Project) -> None:
    project.chain().run("apply").ok()
    project.flake("throw 1")
    project.refused("cannot coerce an integer to a string", args=("destroy",))
    assert project.run("state", "list").ok().stdout.count("\n") == 2
    assert project.run("output", "b").ok().stdout.startswith("from ")


def test_nix_is_not_installed(project: Project) -> None:
    project.chain().env |= {"PATH": "/nonexistent", "HOME": "/nonexistent"}
    if Path("/nix/var/nix/profiles/default/bin/nix").exists():
        pytest.skip("Nix is in its default profile here, where it is found without PATH")
    project.refused("error: Nix is not installed", "There is no `nix` on PATH", "hint: install the Debian", "nixos.org")


def test_tofu_is_not_installed(project: Project) -> None:
    project.chain().env |= {"PATH": "/nonexistent", "HOME": "/nonexistent", "NIVIS_TOFU": ""}
    project.refused("error: OpenTofu is not installed", "There is no `tofu` on PATH", "hint: run `nivis setup`")


def test_named_tofu_is_not_there(project: Project) -> None:
    project.chain()
    project.refused(
        "error: The engine was not found", "--tofu names `/no/tofu`", "hint: run `nivis setup`",
        args=("plan", "--tofu", "/no/tofu"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("aply",), "No such command 'aply'. Did you mean 'apply'?"),
        (("apply", "--nope"), "No such option: --nope"),
        (("apply", "--var"), "Option '--var' requires an argument"),
        (("apply", "--var", "x"), "Malformed --var"),
        (("apply", "--log-level", "loud"), "'loud' is not one of"),
        (("apply", "--lock-timeout", "soon"), "`soon` is not a duration. hint: Write e.g. `30s`"),
        (("apply", "--var-file", "nope.json"), "nope.json"),
        (("apply", "--backend", "s3"), "only `local` can be chosen here"),
        (("state", "show"), "Missing argument 'ID'"),
        (("apply", "--max-phases", "-3"), "Invalid value for '--max-phases': -3 is not in the range x>=1."),
        (("apply", "--max-phases=0"), "Invalid value for '--max-phases': 0 is not in the range x>=1."),
        (("plan", "-parallelism=0"), "Invalid value for '--parallelism': 0 is not in the range x>=1."),
        (("apply", "-lock=maybe"), "`-lock=maybe`: `maybe` is neither true nor false. hint: Write `-lock=true` or"),
        (("apply", "-auto-approve=yes"), "`-auto-approve=yes`: `yes` is neither true nor false."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_usage_errors_are_exit_code_1(project: Project, args: tuple[str, ...], text: str) -> None:
    assert project.chain().refused(text, args=args).stdout == ""


def test_no_verb_prints_the_help(project: Project) -> None:
    result = project.run()
    assert (result.code, result.stderr) == (1, "")
    assert "Usage: nivis" in result.stdout
    assert "  apply " in result.stdout


def test_global_options_before_the_verb_and_single_dashes(project: Project) -> None:
    project.chain()
    args = ("--flake", str(project.directory), "-lock-timeout=1s", "apply", "-auto-approve", "-refresh=false")
    project.run(*args, cwd=Path("/")).ok()
    assert project.run("plan", "-detailed-exitcode").code == 0
    project.run("destroy", "-auto-approve").ok()
    assert project.run("plan", "-detailed-exitcode").code == 2


def test_switches_are_read_as_the_engine_reads_them(project: Project) -> None:
    quiet = ("-lock=false", "-refresh=0")
    loud = ("-lock=True", "-refresh=T", "--log-level", "debug")
    project.chain().run("apply", *quiet, "-lock=t", "-auto-approve=True").ok()
    flags = [line for line in project.run("plan", *quiet, *loud).ok().stderr.splitlines() if "ran plan" in line]
    assert flags
    assert not any("-lock=false" in line or "-refresh=false" in line for line in flags)
    # The line of the user wins over the environment.
    ran = project.run("plan", *loud, env={"TF_CLI_ARGS_plan": "-lock=F -json=TRUE"}).ok()
    assert "-lock=false" not in ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["type"] in ("change_summary", "outputs")


def test_json_and_summary_have_what_nix_says(project: Project, tmp_path: Path) -> None:
    (project.directory / "flake.nix").write_text('{ outputs = _: throw "not today"; }')
    summary = tmp_path / "summary.md"
    result = project.run("apply", "--json", env={"GITHUB_STEP_SUMMARY": str(summary)}).fails("not today")
    (found,) = json.loads(result.stdout.splitlines()[-1])["diagnostics"]
    assert (found["summary"], found["position"]) == ("not today", "flake.nix:1:13")
    assert "> **not today**" in summary.read_text()


def git(directory: Path, *args: str) -> None:
    subprocess.run(["git", "-c", "init.defaultBranch=main", *args], cwd=directory, check=True, capture_output=True)


def test_untracked_flake_in_git(project: Project) -> None:
    project.chain()
    git(project.directory, "init")
    project.refused(
        "error: flake.nix is not known to git", "Nix sees only files that git tracks", "`git add flake.nix`"
    )
    git(project.directory, "add", "flake.nix")
    project.run("apply").ok()
    untracked = subprocess.run(
        ["git", "status", "--porcelain"], cwd=project.directory, check=True, capture_output=True, text=True
    )
    assert untracked.stdout == "A  flake.nix\n?? nivis.state.json\n"


def test_flake_in_a_directory_below_the_git_root(project: Project) -> None:
    below = project.directory / "infra"
    below.mkdir()
    git(project.directory, "init")
    project.chain()
    (project.directory / "flake.nix").rename(below / "flake.nix")
    git(project.directory, "add", "infra")
    project.run("apply", "--flake", "infra").ok()
    assert (below / "nivis.state.json").exists()


def test_symlinked_directory(project: Project, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project.chain().directory)
    project.run("apply", cwd=link).ok()
    project.run("plan", "--flake", str(link), cwd=Path("/")).ok()
    assert project.state


def test_fifo_in_the_directory(project: Project) -> None:
    os.mkfifo(project.chain().directory / "pipe")
    project.run("apply").ok()


def test_state_and_secrets_stay_out_of_the_store(project: Project) -> None:
    mark = "kept-out-of-the-store-" + os.urandom(8).hex()
    project.flake('ir [ (data "a" (builtins.toString ./.)) ] { }')
    for name in (".env", "secret.tfvars", "terraform.tfstate", "my.tfplan", "id.key", "nivis.state.json.backup"):
        (project.directory / name).write_text(mark)
    (project.directory / ".nivis").mkdir()
    (project.directory / ".nivis" / "anything").write_text(mark)
    (project.directory / "seen.txt").write_text("this one belongs to the flake")
    project.run("apply").ok()
    project.run("plan").ok()
    copy = Path(project.attributes("terraform_data.a")["output"]["value"])
    assert sorted(p.name for p in copy.iterdir()) == ["flake.nix", "seen.txt"]


DERIVED = """lib.derived { inputs = [ (a.refAttr "id") ]; render = builtins.head; }"""
FORGOTTEN = {
    "an argument": f"""resources = [ a (data "b" ({DERIVED})) ];""",
    "inside a list": f"""resources = [ a (data "b" [ {{ x = {DERIVED}; }} ]) ];""",
    "an output": f"resources = [ a ]; outputs.o = {DERIVED};",
    "a provider": f"resources = [ a ]; providers.other = lib.mkProvider {{ source = s; config.x = {DERIVED}; }};",
    "a group": """resources = [ a (lib.whenKnown { inputs = [ (a.refAttr "id") ]; resources = _: [ ]; }) ];""",
    "a local value": f"resources = [ a ]; extra.locals.l = {DERIVED};",
}


@pytest.mark.parametrize("ledger", ["", "ledger = { };"])
@pytest.mark.parametrize("place", FORGOTTEN)
def test_a_ledger_that_is_not_handed_on(project: Project, place: str, ledger: str) -> None:
    let = 'a = data "a" 1; s = "terraform.io/builtin/terraform"; p = { terraform = lib.mkProvider { source = s; }; };'
    body = (
        FORGOTTEN[place]
        .replace("providers.other =", "providers = p // { other =")
        .replace(f"config.x = {DERIVED}; }};", f"config.x = {DERIVED}; }}; }};")
    )
    if "providers" not in body:
        body += " providers = p;"
    for function in ("toIR", "toModuleIR"):
        more = "modules = [ ];" if function == "toModuleIR" else ""
        project.flake(f"lib.{function} {{ {body} {ledger} {more} }}", let=let)
        for verb in ("plan", "validate", "apply") if place == "an argument" else ("apply",):
            project.refused(
                "error: The plan got no ledger",
                "waits for `terraform.terraform_data.a.id`",
                "hint: Add `inherit ledger;` to the arguments of `lib.toIR`",
                args=(verb,),
            )
        assert not project.state


def test_a_plan_without_a_ledger_that_needs_none(project: Project) -> None:
    plan = """lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [ a (data "b" (a.refAttr "id")) (data "c" (lib.str [ "x" "y" ])) ];
    }"""
    project.flake(plan, let='a = data "a" 1;').run("apply").ok()


@pytest.mark.parametrize(
    ("let", "resources", "waits"),
    [
        (
            'm = data "m" 1; g = lib.whenKnown { name = "g"; inputs = [ (m.refAttr "id") ]; resources = _: [ m ]; };',
            "a g",
            "`g` waits for `terraform.terraform_data.m.id`",
        ),
        (
            """
            m = data "m" 1; n = data "n" 1;
            g = lib.whenKnown { name = "g"; inputs = [ (n.refAttr "id") ]; resources = _: [ m ]; };
            h = lib.whenKnown { name = "h"; inputs = [ (x.refAttr "id") ]; resources = _: [ n ]; };
            x = data "x" (m.refAttr "id");
            """,
            "a g h x",
            "`h` waits for `terraform.terraform_data.x.id`",
        ),
    ],
    ids=["itself", "each other"],
)
def test_groups_that_nothing_can_make_known(project: Project, let: str, resources: str, waits: str) -> None:
    project.flake(f"ir [ {resources} ] {{ }}", let=f'a = data "a" 1; {let}')
    for verb in ("plan", "validate", "apply"):
        project.refused("error: A group that can never be known", waits, args=(verb,))


def test_a_group_that_waits_for_a_member_of_another(project: Project) -> None:
    project.flake(
        "ir [ a g h ] { }",
        let="""a = data "a" 1; m = data "m" 1;
        g = lib.whenKnown { name = "g"; inputs = [ (a.refAttr "id") ]; resources = _: [ m ]; };
        h = lib.whenKnown { name = "h"; inputs = [ (m.refAttr "id") ]; resources = _: [ (data "n" 1) ]; };
        """,
    )
    assert "across 3 phase(s)" in project.run("apply").ok().stdout
