"""`render --out`: what stock OpenTofu makes of it."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

SECRET = "hunter2-canary"
LET = """
  vars = lib.mkVars { pw = { type = "str"; sensitive = true; }; } ledger.vars;
  a = data "a" (lib.str [ "pw: " vars.pw ]);
  b = data "b" (lib.str [ "b of " (a.refAttr "id") ]);
  c = data "c" (b.refAttr "output");
"""


def tofu(project: Project, directory: Path, *args: str, code: int = 0) -> str:
    done = subprocess.run([project.tofu, *args], cwd=directory, env=project.env, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def content(directory: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.is_file()}


def test_stock_engine_plans_what_is_rendered(project: Project) -> None:
    project.env["NIVIS_VAR_pw"] = SECRET
    project.flake('ir [ a b c ] { outputs.c = c.refAttr "output"; }', let=LET)
    out = project.directory / "out"
    done = project.run("render", "--out", "out").ok()
    assert "left out, it waits for outputs: terraform.terraform_data.b" in done.stderr
    assert "terraform.terraform_data.a" not in done.stderr
    assert done.stdout == "out/main.tf.json\nout/nivis.auto.tfvars.json\nout/terraform.tf.json\n"
    first = content(out)
    assert project.run("render", "--out", "out").ok().stdout == done.stdout
    assert content(out) == first
    assert SECRET.encode() not in first["main.tf.json"]
    # What some scanners cannot read is apart, and what the engine assumes by itself is left out.
    main = json.loads(first["main.tf.json"])
    assert "terraform" not in main
    assert "provider" not in main["resource"]["terraform_data"]["a"]
    assert stat.S_IMODE((out / "nivis.auto.tfvars.json").stat().st_mode) == 0o600
    tofu(project, out, "init", "-input=false")
    tofu(project, out, "plan", "-input=false", "-detailed-exitcode", code=2)

    # After an apply everything is in it, the state included: nothing is left for the stock engine to do.
    project.run("apply").ok()
    assert project.run("render", "--out", "out").ok().stderr == ""
    tofu(project, out, "init", "-input=false", "-reconfigure")
    tofu(project, out, "plan", "-input=false", "-detailed-exitcode")
    assert json.loads((out / "main.tf.json").read_text())["resource"]["terraform_data"].keys() == {"a", "b", "c"}


def test_without_secrets_they_are_declared(project: Project) -> None:
    project.env["NIVIS_VAR_pw"] = SECRET
    project.flake("ir [ a ] { }", let=LET).run("render", "--out", "out").ok()
    done = project.run("render", "--out", "out", "--no-secrets").ok()
    assert "1 sensitive variable(s) are declared without a value" in done.stderr
    out = project.directory / "out"
    assert set(content(out)) == {"main.tf.json", "terraform.tf.json"}
    assert len(json.loads((out / "main.tf.json").read_text())["variable"]) == 1
    tofu(project, out, "init", "-input=false")
    tofu(project, out, "validate")


def test_modules_root_module_and_foreign_files(project: Project) -> None:
    (project.directory / "modules/m").mkdir(parents=True)
    (project.directory / "modules/m/x.tf").write_text('resource "terraform_data" "x" {}\n')
    (project.directory / "infra").mkdir()
    (project.directory / "infra/old.tf").write_text('resource "terraform_data" "old" {}\n')
    let = 'm = lib.mkModule { source = "./modules/m"; name = "m"; }; a = data "a" 1;'
    project.flake('ir [ a ] { modules = [ m ]; rootModule = "infra"; }', let=let)
    out = project.directory / "deep/er/out"
    project.run("render", "--out", "deep/er/out").ok()
    tofu(project, out, "init", "-input=false")
    shown = tofu(project, out, "plan", "-input=false", "-no-color")
    for address in ("module.m.terraform_data.x", "terraform_data.old", "terraform_data.a"):
        assert f"# {address} will be created" in shown
    (project.directory / "other").mkdir()
    (project.directory / "other/mine.tf").write_text("")
    project.flake("ir [ a ] { }", let=let)
    project.run("render", "--out", "other").fails("holds another configuration", "mine.tf")
    project.run("render", "--out", "deep/er/out").ok()
    assert not (out / "old.tf").exists()


def test_nothing_that_was_not_rendered_is_overwritten(project: Project) -> None:
    """Files with the names of ours, or that would go or join, make a directory somebody else's."""
    project.env["NIVIS_VAR_pw"] = SECRET
    (project.directory / "infra").mkdir()
    (project.directory / "infra/old.tf").write_text('resource "terraform_data" "old" {}\n')
    names = ("main.tf.json", "terraform.tf.json", "nivis.auto.tfvars.json", ".terraform.lock.hcl", "mine.tf", "link")
    for root in ("", 'rootModule = "infra";'):
        project.flake(f"ir [ a ] {{ {root} }}", let=LET)
        for name in names:
            folder = project.directory / f"{name}-{len(root)}"
            folder.mkdir()
            path = folder / name
            path.symlink_to("/etc/hostname") if name == "link" else path.write_text("{}\n")
            project.run("render", "--out", folder.name).fails("holds another configuration", name)
            assert [p.name for p in folder.iterdir()] == [name]
            assert path.is_symlink() or path.read_text() == "{}\n"
    before = content(project.directory)
    for out in (".nivis/x", "infra"):
        project.run("render", "--out", out).fails(out)
    assert content(project.directory) == before
    # What was edited by hand is no longer what nivis wrote.
    project.run("render", "--out", "out").ok()
    edited = project.directory / "out/main.tf.json"
    edited.write_text(edited.read_text() + "\n")
    project.run("render", "--out", "out").fails("holds another configuration", "main.tf.json")
