"""Variables as a person gives them: automatic files, precedence in errors, a question on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time

import pytest

from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """vars = lib.mkVars {
        zone = { type = "str"; };
        size = { type = "int"; default = 1; };
        api_token = { type = "str"; default = "none"; sensitive = true; };
      } ledger.vars;"""
PLAN = 'ir [ (data "a" { inherit (vars) zone size; token = vars.api_token; }) ] { }'


def on_a_terminal(project: Project, args: list[str], answers: list[tuple[str, str]]) -> tuple[int, str]:
    """(exit code, the screen) of a command in a pseudo-terminal; each answer is typed when its question is seen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [NIVIS, *args], cwd=project.directory, env=project.env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    screen, waiting, deadline = "", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.2)[0]:
            continue
        try:
            screen += os.read(ours, 65536).decode(errors="replace")
        except OSError:  # the command is gone
            break
        if waiting and waiting[0][0] in screen:
            os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    return process.wait(10), screen


def test_files_beside_the_flake_are_read(project: Project) -> None:
    project.flake(PLAN, let=LET)
    (project.directory / "nivis.auto.yaml").write_text("zone: b\nsize: 2\n")
    project.run("apply", "--var", "size=3", env={"NIVIS_VAR_zone": "a"}).ok()
    assert '"zone":"b"' in project.state.decode().replace(" ", "")
    assert '"size":3' in project.state.decode().replace(" ", "")
    told = project.run("plan", "--log-level", "debug", "--var", "size=3").ok().stderr
    assert "variable size comes from --var, over nivis.auto.yaml" in told


def test_errors_say_where_a_value_came_from(project: Project) -> None:
    project.flake(PLAN, let=LET)
    project.run("plan").fails(
        "required variable 'zone' is not set", "hint: Set it with `--var zone=…`", "NIVIS_VAR_zone"
    )
    (project.directory / "nivis.auto.json").write_text('{"zone": "z", "size": "big"}')
    for verb in (["plan"], ["eval", "ir"]):
        project.run(*verb).fails("expects type 'int'", "`size` comes from nivis.auto.json")


def test_a_flake_that_speaks_like_the_library_asks_for_no_variable(project: Project) -> None:
    said = "nivis.mkVars: required variable 'zone' is not set (declare a default or pass --var zone=...)"
    tried = "(builtins.tryEval (lib.mkVars { zone = { }; } ledger.vars).zone).success"
    project.flake(PLAN, let=f'vars = if {tried} then {{ }} else throw "{said}";')
    assert "--var zone=…" not in project.run("plan").fails("is not set").stderr


def test_a_missing_variable_is_asked_for(project: Project) -> None:
    project.flake(PLAN.replace("default", ""), let=LET.replace('default = "none"; ', ""))
    answers = [("Value of the variable api_token: ", "hush-hush"), ("Value of the variable zone: ", "here")]
    code, screen = on_a_terminal(project, ["apply"], answers)
    assert code == 0, screen
    assert "hush-hush" not in screen
    assert '"zone":"here"' in project.state.decode().replace(" ", "")
    assert '"token":"hush-hush"' in project.state.decode().replace(" ", "")
    # Without a terminal nobody is asked.
    project.run("plan").fails("is not set")
    code, screen = on_a_terminal(project, ["plan", "-input=false"], [])
    assert code == 1
    assert "is not set" in screen


LISTS = """vars = lib.mkVars {
        zones = { type = "list"; sensitive = true; };
        tags = { type = "attrs"; default = { }; };
      } ledger.vars;"""


@pytest.mark.parametrize(
    ("args", "env", "name", "origin"),
    [
        (["--var", 'zones=["SECRETY'], {}, "zones", "--var"),
        (["--var", "zones=[]", "--var", 'tags={SECRETY="b"}'], {}, "tags", "--var"),
        ([], {"NIVIS_VAR_zones": "[SECRETY]"}, "zones", "NIVIS_VAR_zones"),
        (["--var-file", "v.yaml"], {}, "tags", "--var-file v.yaml"),
    ],
)
def test_malformed_json(project: Project, args: list[str], env: dict[str, str], name: str, origin: str) -> None:
    project.flake('ir [ (data "a" [ vars.zones vars.tags ]) ] { }', let=LISTS)
    (project.directory / "v.yaml").write_text("zones: []\ntags: '{SECRETY}'\n")
    kind = {"zones": "list", "tags": "attrs"}[name]
    result = project.run("plan", *args, env=env).fails(
        "error: A variable is not valid JSON",
        f"The value of the variable '{name}' is not JSON, which the type {kind} takes.",
        f"as in `--var '{name}=",
        f"The value of `{name}` comes from {origin}.",
    )
    assert "SECRETY" not in result.stderr
    assert "json.exception" not in result.stderr
    evaluated = project.run("eval", "ir", *args, env=env).fails(
        "error: A variable is not valid JSON", f"The value of `{name}` comes from {origin}."
    )
    assert "SECRETY" not in evaluated.stderr


def test_a_variable_that_nothing_reads(project: Project) -> None:
    project.flake(PLAN, let=LET).run("plan", "--var", "zone=f").ok()
    (project.directory / "f.json").write_text('{"zone": "f", "oter": "x"}')
    (project.directory / "nivis.auto.json").write_text('{"shared": "x"}')
    args = ("--var", "regoin=us", "--var-file", "f.json", "--log-level", "debug")
    told = project.run("plan", *args, env={"NIVIS_VAR_more": "x"}).ok()
    assert "warning: Variables were not used" in told.stderr
    assert "Nothing in the flake read `oter` (from --var-file f.json), `regoin` (from --var).\n" in told.stderr
    assert "trace:" not in told.stderr
    plain = project.run("plan", "--var", "zone=f", "--log-level", "debug").ok()
    assert "not used" not in plain.stderr
    assert told.stdout == plain.stdout
    assert [r.command for r in told.ran] == [r.command for r in plain.ran], "it must not cost a process"


def test_no_warning_before_everything_is_evaluated(project: Project) -> None:
    project.flake(
        "ir [ a b ] { }",
        let="""a = data "a" "x"; b = data "b" (lib.derived {
        inputs = [ (a.refAttr "id") ];
        render = id: ledger.vars.late;
      });""",
    )
    args = ("--var", "late=l", "--var", "regoin=us")
    assert "not used" not in project.run("plan", *args).ok().stderr
    applied = project.run("apply", *args).ok()
    assert applied.stderr.count("Nothing in the flake read `regoin` (from --var).") == 1
    assert "late" not in applied.stderr
    assert project.attributes("terraform_data.b")["output"] == {"type": "string", "value": "l"}


def test_no_warning_where_the_flake_looks_at_outputs_itself(project: Project) -> None:
    project.flake(
        "ir [ a b ] { }",
        let="""a = data "a" "x"; seen = ledger.outputs ? "terraform.terraform_data.a";
      b = data "b" (if seen then ledger.vars.late else "early");""",
    )
    result = project.run("apply", "--var", "late=l").ok()
    assert "not used" not in result.stderr
    assert project.attributes("terraform_data.b")["output"] == {"type": "string", "value": "l"}


def test_a_name_with_white_space(project: Project) -> None:
    project.flake(PLAN, let=LET)
    project.run("plan", "--var", "zone = hush").fails("Malformed --var", "`--var 'zone =…'` has white space around it")
