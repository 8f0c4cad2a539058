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
    project.run("plan").fails("expects type 'int'", "`size` comes from nivis.auto.json")


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
