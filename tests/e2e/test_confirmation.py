"""Questions before anything is changed: whom they are put to, which answers count, and what OpenTofu does instead."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

A = "terraform.terraform_data.a"
B = "terraform.terraform_data.b"
ASKED = "Only `yes` is accepted: "
CANCELLED = "Cancelled. Nothing was changed.\n"
MAIN = """resource "terraform_data" "a" {
  input = "one"
}
output "a" {
  value = terraform_data.a.output
}
"""
ANSWERS = ["yes\n", "yes", " yes\n", ""]
MORE = ["yes \n", "y\n", "YES\n", "no\n", "\n", "yesno\n"]
"""For the long tests: each answer costs some runs of both programs."""


@pytest.fixture
def joined(project: Project) -> Project:
    """A root module of plain files that joins; nobody has said how to ask."""
    del project.env["NIVIS_ASK"]
    (project.directory / "main.tf").write_text(MAIN)
    return project.flake('ir [ ] { rootModule = "."; }')


def stock(project: Project, directory: Path, *args: str, typed: str) -> int:
    """OpenTofu's exit code for the same root module, in a directory of its own."""
    argv = [str(project.tofu), *args]
    return subprocess.run(
        argv, cwd=directory, env=project.env, input=typed, text=True, capture_output=True, timeout=120
    ).returncode


def holds(state: Path) -> bool:
    return state.exists() and bool(json.loads(state.read_text())["resources"])


@pytest.mark.parametrize("answers", [ANSWERS, pytest.param(MORE, marks=pytest.mark.long)], ids=["some", "more"])
@pytest.mark.parametrize("verb", ["apply", "destroy"])
def test_every_answer_does_what_it_does_in_opentofu(
    joined: Project, tmp_path: Path, verb: str, answers: list[str]
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "main.tf").write_text(MAIN)
    assert stock(joined, plain, "init", typed="") == 0
    for answer in answers:
        if verb == "destroy":
            stock(joined, plain, "apply", "-auto-approve", typed="")
            joined.run("apply", "-auto-approve").ok()
        theirs = stock(joined, plain, verb, typed=answer)
        ours = joined.run(verb, typed=answer)
        assert ours.stderr.count(ASKED) == 1, answer
        assert ours.code == theirs, answer
        state = joined.directory / "terraform.tfstate"
        assert holds(state) == holds(plain / "terraform.tfstate"), answer
        if theirs:
            assert ours.stderr.endswith(CANCELLED), answer
            assert ours.stdout == ""
        (plain / "terraform.tfstate").unlink(missing_ok=True)
        joined.run("destroy", "-auto-approve").ok()


def test_what_is_asked_about_is_shown_first(joined: Project) -> None:
    (joined.directory / "main.tf").write_text(MAIN + 'resource "terraform_data" "b" {}\n')
    shown = joined.run("apply", typed="yes\n").ok().stderr
    assert shown.index(" + terraform_data.a (") < shown.index(" + terraform_data.b (") < shown.index(" ~ output.a")
    assert shown.index(" ~ output.a") < shown.index(ASKED)
    (joined.directory / "main.tf").write_text(MAIN.replace("one", "two"))
    shown = joined.run("apply", typed="no\n").fails().stderr
    for text in (
        " ~ terraform_data.a (",
        " - terraform_data.b (",
        "# it is no longer in the configuration",
        "Destroy 1 and change 1 resources and change 1 output in terraform.tfstate? ",
    ):
        assert text in shown


def test_no_change_no_question(joined: Project) -> None:
    joined.run("apply", "-auto-approve").ok()
    unchanged = joined.run("apply").ok()
    assert ASKED not in unchanged.stderr
    (joined.directory / "main.tf").write_text(MAIN.replace("terraform_data.a.output", '"else"'))
    outputs = joined.run("apply").fails(code=1)
    assert " ~ output.a" in outputs.stderr
    assert outputs.stderr.endswith(CANCELLED)


def test_a_root_module_of_the_command_line_asks_too(project: Project) -> None:
    del project.env["NIVIS_ASK"]
    (project.directory / "infra").mkdir()
    (project.directory / "infra" / "main.tf").write_text(MAIN)
    project.flake("ir [ ] { }")
    assert project.run("apply", "--root", "infra").fails().stderr.endswith(CANCELLED)


AUTO = 'settings.ask = "auto";'


def test_a_joined_root_module_need_not_ask(joined: Project) -> None:
    joined.flake(f'ir [ ] {{ rootModule = "."; {AUTO} }}')
    assert ASKED not in joined.run("apply").ok().stderr


def test_an_unknown_way_to_ask(project: Project) -> None:
    project.chain().env["NIVIS_ASK"] = "sometimes"
    project.refused("Unknown NIVIS_ASK", "`always`, `auto` and `name`")


REPLACED = """
  a = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "a"; config.triggers_replace = "@"; };
  b = data "b" (lib.str [ "from " (a.refAttr "id") ]);
"""


def test_a_name_is_typed_before_everything_goes(project: Project) -> None:
    project.env["NIVIS_ASK"] = ""
    plan = 'ir [ a b ] { settings.ask = "name"; }'
    project.flake(plan, let=REPLACED.replace("@", "one")).run("workspace", "new", "prod").ok()
    project.run("apply").ok()
    # Less than everything asks nobody where there is no terminal.
    project.flake(plan, let=REPLACED.replace("@", "two"))
    assert "?" not in project.run("apply").ok().stderr
    asked = "Destroy all 2 resources in workspace prod? Type `prod` to go on: "
    for typed in ("yes\n", "prod", "default\n"):
        assert asked in project.run("destroy", typed=typed).fails().stderr
    assert asked in project.flake('ir [ ] { settings.ask = "name"; }').run("apply").fails().stderr
    project.run("destroy", "--target", B, env={"NIVIS_ASK": "auto"}).ok()
    assert asked.replace("2 resources", "1 resource") in project.run("destroy", typed="prod\n").ok().stderr


def test_a_question_says_what_forces_a_replacement(project: Project) -> None:
    project.env["NIVIS_ASK"] = "always"
    project.flake("ir [ a b ] { }", let=REPLACED.replace("@", "one")).run("apply", "--yes").ok()
    project.flake("ir [ a b ] { }", let=REPLACED.replace("@", "two"))
    shown = project.run("apply", typed="no\n").fails().stderr
    assert (
        f" -/+ {A} (terraform_data)  # `triggers_replace` cannot be changed in place\nReplace 1 and change 1 resources in "
        in shown
    )
    # Nobody is asked: nothing is looked up for the question.
    silent = project.run("apply", "--log-level", "debug", env={"NIVIS_ASK": "auto"}).ok()
    assert silent.engine.count("show") == 1  # for the value that Nix consumes


def test_one_question_for_all_phases(project: Project) -> None:
    project.env["NIVIS_ASK"] = "always"
    done = project.chain().run("apply", typed="yes\n").ok()
    assert done.stderr.count(ASKED) == 1
    assert "across 2 phase(s)" in done.stdout
    project.chain("two")
    assert project.run("apply", typed="yes\n").ok().stderr.count(ASKED) == 1


def test_what_could_not_be_announced_is_asked_about_when_it_is_known(project: Project) -> None:
    project.env["NIVIS_ASK"] = "always"
    project.flake(
        "ir [ a b grown ] { }",
        let="""a = data "a" "one"; b = data "b" (lib.str [ "from " (a.refAttr "id") ]);
          grown = lib.whenKnown { name = "grown"; inputs = [ (a.refAttr "id") ]; resources = v: [ (data "c" "x") ]; };""",
    )
    first = project.run("apply", typed="yes\n").fails()
    assert first.stderr.count(ASKED) == 2
    before, after = first.stderr.split(ASKED)[:2]
    assert f" + {B} (" in before
    assert " ? grown (" in before
    assert after.rstrip().endswith("+ terraform.terraform_data.c (terraform_data)\nAdd 1 resource in nivis.state.json?")
    assert "Cancelled. Nothing more was changed.\n" in first.stderr
    assert f" ✓ {A}\n" in first.stdout
    assert project.run("apply", typed="yes\n").ok().stderr.count(ASKED) == 1


def test_without_input_and_with_an_approval(project: Project) -> None:
    project.env["NIVIS_ASK"] = "always"
    project.chain().run("plan", "-input=false", "-out=tfplan").ok()
    project.run("apply", "-input=false", "--all-phases", "tfplan").ok()
    project.run("apply", "-refresh-only", "-input=false", "-auto-approve").ok()
    project.run("destroy", "-input=false", "-auto-approve").ok()
    assert not holds(project.directory / "nivis.state.json")


def test_a_plan_file_needs_no_question(joined: Project) -> None:
    joined.run("plan", "-out=tfplan").ok()
    assert ASKED not in joined.run("apply", "tfplan").ok().stderr


def test_drift_is_written_down_when_it_is_agreed_to(joined: Project) -> None:
    joined.run("apply", "-auto-approve").ok()
    state = joined.directory / "terraform.tfstate"
    # An output that the state does not have yet: what a refresh would write.
    told = json.loads(state.read_text())
    told["outputs"] = {}
    told["serial"] += 1
    state.write_text(json.dumps(told))
    assert joined.run("apply", "-refresh-only", typed="no\n").fails().stderr.endswith(CANCELLED)
    assert json.loads(state.read_text())["outputs"] == {}
    assert joined.run("apply", "-refresh-only", typed="yes\n").ok().stderr.count(ASKED) == 1
    assert json.loads(state.read_text())["outputs"]["a"]["value"] == "one"
    assert ASKED not in joined.run("refresh").ok().stderr


OTHER = "registry.opentofu.org/acme/other"
BUILTIN = "terraform.io/builtin/terraform"


@pytest.mark.parametrize("answer", ANSWERS)
def test_replace_provider_asks_as_opentofu_does(project: Project, tmp_path: Path, answer: str) -> None:
    project.flake('ir [ (data "a" "one") ] { }').run("apply").ok()
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "terraform.tfstate").write_bytes(project.state)
    stock(project, plain, "state", "replace-provider", BUILTIN, OTHER, typed=answer)
    # A cancelled one is exit code 0 there after an answer, and 1 after none; here it is 1.
    done = project.run("state", "replace-provider", BUILTIN, OTHER, typed=answer)
    replaced = OTHER in (plain / "terraform.tfstate").read_text()
    assert (OTHER in project.state.decode()) == replaced
    assert done.code == (0 if replaced else 1)
    assert f" ~ {A}\n" in done.stderr
    assert replaced or done.stderr.endswith(CANCELLED)


def test_replace_provider_with_nothing_to_ask(project: Project) -> None:
    project.flake('ir [ (data "a" "one") ] { }').run("apply").ok()
    project.refused("Nobody can be asked", args=("state", "replace-provider", "-input=false", BUILTIN, OTHER))
    assert ASKED not in project.run("state", "replace-provider", OTHER, BUILTIN).ok().stderr
    assert ASKED not in project.run("state", "replace-provider", "-auto-approve", BUILTIN, OTHER).ok().stderr
    assert OTHER in project.state.decode()


def test_a_workspace_that_is_not_empty(project: Project) -> None:
    project.flake('ir [ (data "a" "one") ] { }').run("workspace", "new", "dev").ok()
    project.run("apply").ok()
    project.run("workspace", "select", "default").ok()
    project.run("workspace", "delete", "dev").fails("Workspace is not empty", "terraform_data.a")
    gone = project.run("workspace", "delete", "-force", "dev").ok()
    assert "was non-empty" in gone.stderr
    assert gone.stdout == "Deleted workspace dev.\n"
