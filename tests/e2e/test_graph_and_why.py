"""graph, why, eval: what depends on what, where a value comes from, what an expression comes to."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.e2e.project import Project
from tests.support.packages import graphviz

pytestmark = [pytest.mark.engine, pytest.mark.nix]

A, B = "terraform.terraform_data.a", "terraform.terraform_data.b"


def test_the_graph_has_a_band_a_phase(project: Project) -> None:
    project.chain()
    dot = project.run("graph").ok().stdout
    assert 'label = "phase 1"' in dot
    assert 'label = "phase 2"' in dot
    assert f'"{A}" -> "{B}" [style = bold, label = "id (Nix)"];' in dot
    mermaid = project.run("graph", "--format", "mermaid").ok().stdout
    assert 'n0 ==>|"id (Nix)"| n1' in mermaid
    found = json.loads(project.run("graph", "--json").ok().stdout)
    assert {n["id"]: n["phase"] for n in found["nodes"]} == {A: 1, B: 2}
    assert found["edges"] == [{"source": B, "target": A, "via": "derived", "attributes": ["id"]}]


def test_the_graph_of_a_plan_for_people_and_browsers(project: Project) -> None:
    project.chain().run("apply").ok()
    project.chain("two").run("plan", "-out", "F").ok()
    assert project.run("graph", "--format", "text", "--changes", "F").ok().stdout == (
        f"phase 1\n  ~ {A}\n\nphase 2\n  {B}\n    needs {A}: id (Nix)\n"
    )
    for _ in range(2):  # what was drawn before is overwritten
        project.run("graph", "--format", "html", "--out", "graph.html").ok()
    assert (project.directory / "graph.html").read_text().startswith("<!doctype html>")


def test_a_picture_is_drawn_where_graphviz_is(project: Project) -> None:
    tools = project.directory.parent / "tools"
    tools.mkdir()
    for name in ("nix", "git"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    project.chain().run("graph", "--format", "svg", env={"PATH": str(tools)}).fails(
        "Graphviz is not installed", "apt-get install graphviz"
    )
    draw = graphviz()
    for kind, begin in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        picture = project.directory / f"graph.{kind}"
        project.run("graph", "--format", kind, "--out", str(picture), env={"PATH": f"{draw}:/usr/bin:/bin"}).ok()
        assert picture.read_bytes().startswith(begin)
    svg = (project.directory / "graph.svg").read_text()
    assert all(text in svg for text in ("phase 1", "phase 2", A, B, "#dbeafe"))


def test_what_lies_in_a_joined_root_module_is_drawn_too(project: Project) -> None:
    (project.directory / "main.tf").write_text(
        'locals { x = terraform_data.a.id }\nresource "terraform_data" "user" { input = local.x }\n'
    )
    project.flake(
        'ir [ a b ] { rootModule = "."; }',
        let="""a = data "a" "one";
      b = data "b" (lib.expr "\\${terraform_data.user.id}");""",
    )
    found = json.loads(project.run("graph", "--json").ok().stdout)
    edges = {(e["source"], e["target"], e["via"]) for e in found["edges"]}
    assert edges == {("terraform_data.user", A, "ref"), (B, "terraform_data.user", "ref")}
    assert {n["id"]: n["kind"] for n in found["nodes"]}["terraform_data.user"] == "managed"


def test_why_follows_a_value_back(project: Project) -> None:
    project.chain().run("apply").ok()
    a = project.attributes("terraform_data.a")["id"]
    text = project.run("why", f"{B}.input").ok().stdout
    lines = text.splitlines()
    assert lines[0] == f"{B}.input = from {a}"
    assert lines[1].startswith("   at flake.nix:")
    assert lines[2] == "   computed by Nix, known in phase 2, from:"
    assert lines[3].strip() == f"{A}.id = {a}"
    assert lines[-1].strip() == "decided by the provider, known after phase 1"
    found = json.loads(project.run("why", "output.b", "--json").ok().stdout)
    assert found["how"] == ["reference"]
    assert found["value"] == f"from {a}"


def test_why_before_anything_exists_and_of_what_is_not_there(project: Project) -> None:
    project.chain()
    assert "known after phase 1" in project.run("why", "terraform_data.b.input").ok().stdout
    assert "written in the configuration, known in phase 1" in project.run("why", f"{A}.input").ok().stdout
    project.run("why", "terraform.terraform_data.bb.input").fails("names no resource")
    assert f"{A}.input = one" in project.run("why", A).ok().stdout
    project.run("why", "output.x").fails('"x" is not a declared output')


def test_why_keeps_secrets(project: Project) -> None:
    project.flake(
        "ir [ a ] { }",
        let="""
          vars = lib.mkVars { password = { type = "str"; sensitive = true; }; } ledger.vars;
          a = data "a" vars.password;
        """,
    )
    secret = "hunter2hunter2"
    done = project.run("why", f"{A}.input", env={"NIVIS_VAR_password": secret}).ok()
    assert "a sensitive variable" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_why_keeps_a_secret_that_a_module_hands_on_without_its_mark(project: Project) -> None:
    (project.directory / "m").mkdir()
    (project.directory / "m/main.tf").write_text(
        """variable "x" {}
        resource "terraform_data" "in" { input = var.x }
        output "out" { value = terraform_data.in.output }
        """
    )
    project.flake(
        "ir [ a ] { modules = [ m ]; }",
        let="""
          vars = lib.mkVars { password = { type = "str"; sensitive = true; }; } ledger.vars;
          m = lib.mkModule { source = "./m"; name = "m"; config.x = vars.password; };
          a = data "a" (lib.str [ "of " (m.refAttr "out") ]);
        """,
    )
    project.env["NIVIS_VAR_password"] = secret = "hunter2hunter2"
    project.run("apply").ok()
    for more in ((), ("--json",)):
        done = project.run("why", f"{A}.input", *more).ok()
        assert "module.m.out" in done.stdout
        assert secret not in done.stdout + done.stderr


def test_eval_has_ledger_library_and_configuration(project: Project) -> None:
    project.chain().run("apply").ok()
    a = project.attributes("terraform_data.a")["id"]
    assert project.run("eval", "--raw", f'ledger.outputs."{A}".id').ok().stdout == f"{a}\n"
    assert json.loads(project.run("eval", 'lib.mkRef { resource = "x"; path = [ ]; } != null').ok().stdout) is True
    assert json.loads(project.run("eval", "map (r: r.id) ir.resources").ok().stdout) == [A, B]
    project.run("eval", "ledger.nope").fails("could not evaluate the expression", "nope")
    assert list((project.directory / ".nivis/eval").iterdir()) == []


def test_why_knows_what_attributes_there_are(project: Project) -> None:
    project.chain().run("why", f"{B}.inptu").fails("No such attribute", "Did you mean `input`?")


@pytest.mark.parametrize("form", [[], ["--format", "mermaid"], ["--json"]])
def test_the_graph_is_the_same_in_each_run(project: Project, form: list[str]) -> None:
    (project.directory / "main.tf").write_text(
        "".join(
            f'resource "terraform_data" "r{n}" {{\n  input = local.l{n}\n}}\nlocals {{\n  l{n} = '
            f"{'terraform_data.r' + str(n - 1) + '.id' if n else '1'}\n}}\n"
            for n in range(12)
        )
    )
    names = " ".join(f"d{n}" for n in range(12))
    project.flake(f'ir [ {names} ] {{ rootModule = "."; }}', let="".join(f'd{n} = data "d{n}" "x";' for n in range(12)))
    seen = {project.run("graph", *form, env={"PYTHONHASHSEED": str(seed)}).ok().stdout for seed in range(4)}
    assert len(seen) == 1


def test_what_people_type_from_a_directory_below(project: Project) -> None:
    project.chain().run("apply").ok()
    for line in (
        ["init", "-q"],
        ["add", "flake.nix"],
        ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *line], cwd=project.directory, check=True)
    below = project.directory / "sub" / "dir"
    below.mkdir(parents=True)
    shown = project.run("state", "show", "a", cwd=below).ok()
    assert "input = one" in shown.stdout
    assert f"The project is {project.directory}, where the next flake.nix above is." in shown.stderr
    assert not (below / ".nivis").exists()
    everything = project.run("why", "b", cwd=below).ok().stdout
    assert f"{B}.input" in everything
    assert "computed by Nix, known in phase 2, from:" in everything
    used = project.run("why", "--used-by", "a").ok().stdout
    assert used.splitlines()[0].startswith(f"{B}.input <- {A}.id  at flake.nix:")
    assert project.run("why", "--used-by", "a.nothing").ok().stdout == "Nothing uses a.nothing.\n"
    assert project.run("diff").ok().stdout == "No differences.\n"
    project.chain("two")
    assert f" ~ {A} (terraform_data)" in project.run("diff").ok().stdout
    planned = project.run("plan", "--target", "terraform_data.a").ok().stdout
    assert f" ~ {A} (terraform_data)" in planned
    project.run("state", "show", "aa").fails(f"Did you mean `{A}`?")
