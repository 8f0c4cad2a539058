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


FORCE = """force = n: i: lib.mkResource { provider = "terraform"; type = "terraform_data"; name = n;
  config = { input = i; triggers_replace = "x"; }; };"""
EDITS = {
    "update": ("ir [ a b c ] { }", THREE.replace('"c-$', '"other-$')),
    "replace": ("ir [ a b c ] { }", FORCE + THREE.replace('data "c" (', 'force "c" (')),
    "delete": ("ir [ a b ] { }", THREE),
    "create": ("ir [ a b c d ] { }", THREE + ' d = data "d" "new";'),
    "output": ('ir [ a b c ] { outputs.o = c.refAttr "output"; }', THREE),
    "broken": ("this is not nix", ""),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_flake_is_not_run(project: Project, edit: str) -> None:
    """Edited between the approval and the apply: the file is applied, and later phases, which nobody saw, are not."""
    three(project).run("apply").ok()
    three(project, "two").run("plan", "-out", "F").ok()
    before = project.attributes("terraform_data.c")
    plan, let = EDITS[edit]
    project.flake(plan, let=let.replace("@", "two"))
    done = project.run("apply", "F", "--all-phases").fails("Later phases are not what was approved", "nivis plan")
    assert "terraform.terraform_data.a" in done.stdout
    assert project.attributes("terraform_data.a")["input"]["value"] == "two"
    assert project.attributes("terraform_data.c") == before


def test_an_edited_root_module_or_module_is_not_run(project: Project) -> None:
    """What a flake takes in from other files is part of what was approved."""
    for name in ("modules/m/x.tf", "infra/old.tf"):
        path = project.directory / name
        path.parent.mkdir(parents=True)
        path.write_text('resource "terraform_data" "x" {}\n')
    let = THREE.replace("@", "one") + ' m = lib.mkModule { source = "./modules/m"; name = "m"; };'
    for name in ("modules/m/x.tf", "infra/old.tf"):
        path = project.directory / name
        project.flake('ir [ a b c ] { modules = [ m ]; rootModule = "infra"; }', let=let)
        let = let.replace('"a" "', '"a" "x')
        project.run("plan", "-out", "F").ok()
        path.write_text('resource "terraform_data" "x" { input = 1 }\n')
        project.run("apply", "F", "--all-phases").fails("Later phases are not what was approved")


def test_an_edited_flake_is_no_matter_where_the_plan_is_whole(project: Project) -> None:
    project.flake("ir [ a ] { }", let='a = data "a" "one";').run("plan", "-out", "F").ok()
    project.flake("ir [ a ] { }", let='a = data "a" "two";')
    done = project.run("apply", "F", "--all-phases").ok()
    assert "The flake was edited since F was made" in done.stderr
    assert project.attributes("terraform_data.a")["input"]["value"] == "one"


def test_a_flake_that_means_the_same_was_not_edited(project: Project) -> None:
    """Neither a comment, nor the place of a line, nor a file that nothing reads is an edit."""
    three(project).run("apply").ok()
    three(project, "two").run("plan", "-out", "F").ok()
    flake = project.directory / "flake.nix"
    flake.write_text("# A comment\n\n" + flake.read_text().replace("let lib", "let\n\n      lib"))
    (project.directory / "README.md").write_text("new")
    done = project.run("apply", "F", "--all-phases").ok()
    assert "edited" not in done.stderr
    assert "The run is complete." in done.stdout


def test_an_approved_replacement_is_done_once(project: Project) -> None:
    """What a flake reads by itself may change it again; nobody approved a second time."""
    let = """force = n: t: lib.mkResource { provider = "terraform"; type = "terraform_data"; name = n;
        config = { input = "i"; triggers_replace = t; }; };
      read = id: ledger.outputs."terraform.terraform_data.${id}".output or "none";
      a = data "a" "@"; b = data "b" (lib.derived { inputs = [ (a.refAttr "output") ]; render = xs: "b-${builtins.head xs}"; });
      x = force "x" "@ ${read "b"}";"""
    project.flake("ir [ a b x ] { }", let=let.replace("@", "one")).run("apply").fails("is not what was announced")
    project.run("apply").ok()
    project.run("plan", "-detailed-exitcode").ok()
    project.flake("ir [ a b x ] { }", let=let.replace("@", "two")).run("plan", "-out", "F").ok()
    assert sidecar(project)["announced"]["terraform_data.x"] == "replace"  # type: ignore[index]  # a table
    done = project.run("apply", "F", "--all-phases").fails("is not what was announced", "has acted on it already")
    assert "terraform.terraform_data.x  replaced" in done.stdout


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
    project.refused("The sidecar cannot be read", "hint:", args=("show", "F"))
    path.write_text(text.replace('"version": 2', '"version": 99'))
    project.refused("The sidecar is of another nivis", args=("apply", "F"))
    project.refused("The sidecar is of another nivis", args=("show", "--json", "F"))
    path.unlink()
    project.refused("The plan file has no sidecar", args=("apply", "F"))
    path.write_text(text)
    plan = project.directory / "F"
    plan.write_bytes(plan.read_bytes() + b"x")
    project.refused("do not belong together", args=("apply", "F"))
    project.refused("do not belong together", args=("show", "F"))


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


def content(project: Project) -> dict[str, tuple[int, bytes]]:
    """Every file of a project that is not below `.nivis/`, and its mode."""
    paths = (p for p in project.directory.rglob("*") if ".nivis" not in p.parts and p.is_file() and not p.is_symlink())
    return {str(p.relative_to(project.directory)): (p.stat().st_mode, p.read_bytes()) for p in paths}


def test_no_plan_overwrites_what_is_not_its_own(project: Project) -> None:
    """One guard for every file that the user names; other verbs and files: tests/unit/cli/test_app.py."""
    project.flake("ir [ a ] { }", let='a = data "a" "one";').run("apply").ok()
    (project.directory / "link").symlink_to("flake.nix")
    before = content(project)
    for target in ("nivis.state.json", "link", "/dev/null"):
        project.run("plan", "-out", target).fails("Nothing can be written there", "hint:")
        assert content(project) == before, target
    for _ in range(2):
        project.run("plan", "-out", "new").ok()


def test_a_state_of_another_project_is_not_overwritten(project: Project) -> None:
    project.flake("ir [ a ] { }", let='a = data "a" "one";').run("apply").ok()
    other = project.directory / "other.json"
    state = json.loads(project.state)
    for change in ({"lineage": "another"}, {"serial": state["serial"] + 1}):
        other.write_text(json.dumps({**state, **change}))
        project.run("state", "pull", "--out", "other.json").fails("Nothing can be written there")
    other.write_text(json.dumps({**state, "serial": 0}))
    project.run("state", "pull", "--out", "other.json").ok()


SECRETS = """vars = lib.mkVars { pw = { sensitive = true; }; plain = { default = "d"; }; late = { type = "str"; sensitive = true; }; } ledger.vars;
  a = data "a" vars.pw; b = data "b" (lib.derived { inputs = [ (a.refAttr "id") ]; render = _: "${vars.plain} ${ledger.vars.direct}"; });"""


def test_sensitive_variables_of_a_plan_are_given_again(project: Project, tmp_path: Path) -> None:
    project.flake("ir [ a b ] { }", let=SECRETS)
    given = ("--var", "pw=hunter2-canary", "--var", "plain=p", "--var", "direct=x", "--var", "late=late-canary")
    project.run("plan", "-out", "F", *given).ok()
    text = (project.directory / "F.nivis.json").read_text()
    assert "canary" not in text
    assert json.loads(text)["variables"] == {"plain": "p"}
    assert sorted(json.loads(text)["sensitive_variables"]) == ["direct", "late", "pw"]
    missing = project.refused("A saved plan needs its sensitive variables", "NIVIS_VAR_pw", args=("apply", "F"))
    assert "`direct`, `late`, `pw`" in missing.stderr
    other = project.refused(
        "A sensitive variable has another value", "`pw`", args=("apply", "F", *given, "--var", "pw=other-canary")
    )
    assert "canary" not in missing.stderr + other.stderr
    project.refused("A saved plan has its own variables", args=("apply", "F", *given, "--var", "plain=q"))
    values = tmp_path / "values.json"
    values.write_text(json.dumps({"late": "late-canary", "direct": "x"}))
    args = ("apply", "F", "--all-phases", "--var-file", str(values))
    done = project.run(*args, env={"NIVIS_VAR_pw": "hunter2-canary"}).ok()
    assert "The run is complete." in done.stdout
    assert project.attributes("terraform_data.b")["input"]["value"] == "p x"


def test_sensitive_variables_of_the_engine_are_given_again(project: Project) -> None:
    extra = "extra.variable = { pw = { sensitive = true; }; plain = { }; };"
    project.flake(f"ir [ a ] {{ {extra} }}", let='a = data "a" (lib.expr "\\${var.pw} \\${var.plain}");')
    project.run("plan", "-out", "F", "--var", "pw=hunter2-canary", "--var", "plain=p").ok()
    found = sidecar(project)
    assert (found["variables"], list(found["sensitive_variables"])) == ({"plain": "p"}, ["pw"])  # type: ignore[call-overload]  # a table
    project.refused("A saved plan needs its sensitive variables", "`pw`", args=("apply", "F"))
    project.run("apply", "F", "--var", "pw=hunter2-canary").ok()
