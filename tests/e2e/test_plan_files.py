"""Real plan files: made, shown, applied exactly, refused when stale; approved once and refined later."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

import nivis_tofu
from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

THREE = """a = data "a" "@"; b = data "b" (lib.derived { inputs = [ (a.refAttr "output") ]; render = xs: "b-${builtins.head xs}"; });
  c = data "c" (lib.derived { inputs = [ (b.refAttr "output") ]; render = xs: "c-${builtins.head xs}"; });"""


def three(project: Project, text: str = "one") -> Project:
    return project.flake("ir [ a b c ] { }", let=THREE.replace("@", text))


def sidecar(project: Project, name: str = "F") -> dict[str, object]:
    found = json.loads((project.directory / f"{name}.nivis.json").read_text())
    assert isinstance(found, dict)
    return found


def test_plan_file_is_the_engines_own_and_apply_does_exactly_it(project: Project) -> None:
    three(project).run("plan", "-input=false", "-out=F").ok()
    shown = project.run("show", "--json", "F").ok()
    document = json.loads(shown.stdout)
    assert [c["address"] for c in document["resource_changes"]] == ["terraform_data.a"]
    assert document["complete"] is False
    deferred = {c["resource_change"]["address"]: c["reason"] for c in document["deferred_changes"]}
    assert deferred == {"terraform_data.b": "resource_config_unknown", "terraform_data.c": "resource_config_unknown"}
    stock = subprocess.run(
        [project.tofu, "show", "-json", project.directory / "F"],
        cwd=project.directory / ".nivis" / "work", env=project.env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(stock.stdout)["resource_changes"] == document["resource_changes"]

    done = project.run("apply", "-input=false", "F").ok()
    assert done.stdout.startswith("Applied 1 resource(s) across 1 phase(s):\n ✓ terraform.terraform_data.a\n")
    assert "Later phases remain" in done.stdout
    assert project.run("apply", "F").fails("The plan is stale", "hint:")
    for _ in range(2):
        project.run("plan", "-out", "F").ok()
        last = project.run("apply", "F").ok()
    assert "The run is complete." in last.stdout
    assert project.run("plan", "-detailed-exitcode").code == 0


def test_apply_file_says_that_the_flake_was_edited_and_applies_the_file(project: Project) -> None:
    three(project).run("plan", "-out", "F").ok()
    three(project, "two")
    done = project.run("apply", "F").ok()
    assert "The flake was edited since F was made" in done.stderr
    assert project.attributes("terraform_data.a")["input"]["value"] == "one"
    project.flake("this is not nix")
    broken = project.run("plan", "-out", "G")
    assert broken.code == 1


def test_all_phases_runs_on_through_what_was_announced(project: Project) -> None:
    three(project).run("plan", "-out", "F").ok()
    done = project.run("apply", "F", "--all-phases").ok()
    assert "Applied 3 resource(s) across 3 phase(s):" in done.stdout
    assert "The run is complete." in done.stdout
    three(project, "two").run("plan", "-out", "F").ok()
    assert sidecar(project)["announced"] == {f"terraform_data.{n}": "update" for n in "abc"}
    assert "Applied 3 resource(s) across 3 phase(s):" in project.run("apply", "F", "--all-phases").ok().stdout


@pytest.mark.parametrize("edit", ["replace", "delete", "create"])
def test_what_was_not_announced_stops_the_run(project: Project, edit: str) -> None:
    """The flake is edited between the approval and the apply: later phases do what nobody approved."""
    three(project).run("apply").ok()
    three(project, "two").run("plan", "-out", "F").ok()
    before = project.attributes("terraform_data.c")
    let = THREE.replace("@", "two")
    if edit == "replace":
        replaced = let.replace('data "c" (', 'force "c" (')
        force = """force = n: i: lib.mkResource { provider = "terraform"; type = "terraform_data"; name = n;
          config = { input = i; triggers_replace = "x"; }; };"""
        project.flake("ir [ a b c ] { }", let=force + replaced)
    elif edit == "delete":
        project.flake("ir [ a b ] { }", let=let)
    else:
        project.flake("ir [ a b c d ] { }", let=let + ' d = data "d" "new";')
    done = project.run("apply", "F", "--all-phases").fails("The engine's plan is not what was announced")
    assert f"would {edit} it" in done.stderr
    assert "terraform.terraform_data.a" in done.stdout
    assert project.attributes("terraform_data.c") == before


def test_stop_after_phase_and_require_complete(project: Project) -> None:
    three(project)
    assert project.run("apply", "--stop-after-phase", "2", "--require-complete").code == 3
    assert project.run("apply", "--stop-after-phase", "1", "--require-complete").code == 0
    assert project.run("plan", "-detailed-exitcode").code == 0


def test_damaged_or_missing_files_are_named(project: Project) -> None:
    three(project).run("plan", "-out", "F").ok()
    path = project.directory / "F.nivis.json"
    text = path.read_text()
    project.refused("No such plan file", args=("apply", "G"))
    path.write_text("{")
    project.refused("The sidecar cannot be read", "hint:", args=("apply", "F"))
    path.write_text(text.replace('"version": 1', '"version": 9'))
    project.refused("The sidecar is of another nivis", args=("apply", "F"))
    path.unlink()
    project.refused("The plan file has no sidecar", args=("apply", "F"))
    path.write_text(text)
    plan = project.directory / "F"
    plan.write_bytes(plan.read_bytes() + b"x")
    project.refused("do not belong together", args=("apply", "F"))


def test_json_lines_say_their_version_first_and_end_with_the_report(project: Project, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    done = three(project).run("apply", "--json", "--json-into=run.jsonl", env=env).ok()
    assert (project.directory / "run.jsonl").read_text() == done.stdout
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == {"type": "version", "format_version": "1.0", "nivis": nivis_tofu.__version__}
    assert [x["id"][-1] for x in lines if x["type"] == "apply_complete"] == ["a", "b", "c"]
    schema = json.loads((Path(nivis_tofu.__file__).parent / "report.schema.json").read_text())
    jsonschema.validate(lines[-1], schema)
    assert json.loads((project.directory / ".nivis" / "report.json").read_text()) == lines[-1]
    assert [s["phase"] for s in lines[-1]["steps"]] == [1, 2, 3]
    assert "| created | `terraform.terraform_data.a` |" in summary.read_text()


# The words of the pipeline are the same; only the first one changes.
PIPELINE = """
{tool} init -input=false -no-color > init.log || exit 90
{tool} validate -no-color > validate.log; echo "validate $?"
{tool} plan -input=false -no-color -lock-timeout=10s -out=tfplan > plan.log; echo "plan $?"
{tool} show -json tfplan | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["resource_changes"]))'
{tool} apply -input=false -no-color tfplan > apply.log; echo "apply $?"
{tool} plan -input=false -no-color -detailed-exitcode > /dev/null; echo "unchanged $?"
{tool} output -json | python3 -c 'import json, sys; print(json.load(sys.stdin)["name"]["value"])'
{tool} apply -input=false tfplan > /dev/null 2>&1; echo "stale $?"
{tool} plan -input=false -no-such-flag > /dev/null 2>&1; echo "usage $?"
{tool} destroy -auto-approve -no-color > destroy.log; echo "destroy $?"
{tool} plan -input=false -detailed-exitcode -compact-warnings -refresh=false -parallelism=4 > /dev/null; echo "again $?"
"""
PLAIN = """
resource "terraform_data" "a" { input = "hello" }
resource "terraform_data" "b" { input = terraform_data.a.output }
output "name" { value = terraform_data.b.output }
"""


def test_an_existing_pipeline_runs_with_one_word_changed(project: Project, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "main.tf").write_text(PLAIN)

    def run(tool: str, directory: Path) -> list[str]:
        script = PIPELINE.format(tool=tool)
        done = subprocess.run(["sh", "-c", script], cwd=directory, env=project.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    project.flake(
        'ir [ a b ] { outputs.name = b.refAttr "output"; }',
        let='a = data "a" "hello"; b = data "b" (a.refAttr "output");',
    )
    expected = [
        "validate 0", "plan 0", "2", "apply 0", "unchanged 0", "hello", "stale 1", "usage 1", "destroy 0", "again 2",
    ]  # fmt: skip
    assert run(str(project.tofu), plain) == expected
    from tests.e2e.project import NIVIS

    assert run(str(NIVIS), project.directory) == expected


VARS = """vars = lib.mkVars { v = { type = "str"; default = "default"; }; } ledger.vars;
  a = data "a" vars.v; b = data "b" (lib.derived { inputs = [ (a.refAttr "id") ]; render = _: "b-${vars.v}"; });"""


def test_a_plan_keeps_its_variables(project: Project) -> None:
    project.flake("ir [ a b ] { }", let=VARS).run("apply", "--var", "v=one").ok()
    project.run("plan", "-out", "P", "--var", "v=two").ok()
    project.run("apply", "P", "--all-phases", "--var", "v=three").fails("A saved plan has its own variables", "`v`")
    # What the environment says was never typed for this plan.
    done = project.run("apply", "P", "--all-phases", env={"NIVIS_VAR_v": "four"}).ok()
    assert "edited" not in done.stderr
    assert "The run is complete." in done.stdout
    assert project.attributes("terraform_data.a")["input"]["value"] == "two"
    assert project.attributes("terraform_data.b")["input"]["value"] == "b-two"
    project.run("plan", "-detailed-exitcode", "--var", "v=two").ok()


def test_nothing_was_edited_where_values_only_went_stale(project: Project) -> None:
    three(project).run("apply").ok()
    three(project, "two").run("plan", "-out", "F").ok()
    assert "edited" not in project.run("apply", "F").ok().stderr


def test_a_plan_without_changes_changes_nothing(project: Project) -> None:
    three(project).run("apply").ok()
    project.run("plan", "-out", "F").ok()
    assert project.run("apply", "F").ok().stdout == "No changes. 3 resource(s) up to date.\n\nThe run is complete.\n"


def test_a_reviewed_destroy(project: Project) -> None:
    three(project).run("apply").ok()
    plan = project.run("plan", "-destroy", "-out", "D").ok().stdout
    assert "3 resource(s)" in plan
    assert plan.endswith("Run `nivis apply D`.\n")
    assert json.loads(project.run("show", "--json", "D").ok().stdout)["complete"] is True
    assert project.run("apply", "D").ok().stdout.splitlines() == [
        "Destroyed 3 resource(s):",
        *(f" - terraform.terraform_data.{name}" for name in "cba"),
    ]
    assert project.run("state", "list").ok().stdout == "No resources in state.\n"
    assert project.run("plan", "-destroy").ok().stdout == "No changes. 0 resource(s) up to date.\n"


def test_a_refresh_that_is_looked_at_first(project: Project) -> None:
    three(project).run("apply").ok()
    project.run("plan", "-refresh-only", "-out", "R", "-detailed-exitcode").ok()
    assert "complete" in project.run("apply", "R").ok().stdout


def test_a_destroy_that_is_forbidden_is_not_planned(project: Project) -> None:
    let = 'a = data "a" "one" // { meta.lifecycle.preventDestroy = true; };'
    project.flake("ir [ a ] { }", let=let).run("apply").ok()
    for args in (("plan", "-destroy"), ("plan", "-destroy", "-out", "D"), ("destroy",)):
        project.refused("A resource must not be destroyed", "preventDestroy", args=args)


def test_no_destroy_is_for_plans_too(project: Project) -> None:
    three(project).run("apply").ok()
    project.flake("ir [ a ] { }", let=THREE.replace("@", "one"))
    done = project.run("plan", "--no-destroy").fails("The plan destroys something")
    assert " - terraform.terraform_data.b" in done.stdout
    project.refused("The plan destroys something", args=("apply", "--no-destroy"))


def test_a_directory_is_no_place_for_a_plan(project: Project) -> None:
    place = project.directory / "plans"
    place.mkdir()
    mode = place.stat().st_mode
    for out in ("plans", "nowhere/p"):
        three(project).run("plan", "-out", out).fails(out)
    assert (place.stat().st_mode, list(place.iterdir())) == (mode, [])
