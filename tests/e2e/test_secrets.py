"""The canary hunt: a secret is in the state, in plan files and in private files of variables, and nowhere else."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.e2e.project import Project, Result

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """
  vars = lib.mkVars { pw = { type = "str"; sensitive = true; }; table = { type = "attrs"; sensitive = true; default = { }; }; } ledger.vars;
  a = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "a"; config = {
    input = vars.pw; triggers_replace = vars.table;
    provisioner = [ { local-exec = { command = "env > '@ENV@'"; }; } ];
  }; };
  b = data "b" (lib.derived { inputs = [ (a.refAttr "output") ]; render = xs: "b-${builtins.head xs}"; });
  c = data "c" (lib.derived { inputs = [ (b.refAttr "output") ]; render = xs: "c-${builtins.head xs}"; });
  g = lib.whenKnown { name = "g"; inputs = [ (b.refAttr "output") ]; resources = v: [ (data "@NAME@" (builtins.head v)) ]; };
  early = lib.derived { inputs = [ vars.pw ]; render = xs: @EARLY@; };
  m = lib.mkModule { source = "./m"; name = "m"; config.x = vars.pw; };
  n = data "n" (lib.str [ "n-" (m.refAttr "out") ]);
"""
OUTPUTS = """ir [ a b c g n (data "d" early) ] { modules = [ m ]; outputs.o = c.refAttr "output"; }"""
MODULE = 'variable "x" {}\nresource "terraform_data" "in" { input = var.x }\noutput "out" { value = terraform_data.in.output }\n'
"""It gives out a secret without its mark."""
KEPT = (
    "secrets.yaml", "id_rsa", ".ssh/config", ".netrc", ".aws/credentials", ".git-credentials", "token", "vault/key.txt",
    "values.yaml", "nivis.auto.json", "prod.tfvars",
)  # fmt: skip


def write(
    project: Project, env: Path, name: str = "member", early: str = "builtins.stringLength (builtins.head xs)"
) -> None:
    let = LET.replace("@ENV@", str(env)).replace("@NAME@", name).replace("@EARLY@", early)
    project.flake(OUTPUTS, let=let)


def test_a_secret_is_nowhere_else(project: Project, tmp_path: Path) -> None:
    canary, env = f"canary-{uuid.uuid4().hex}", tmp_path / "env.txt"
    for name in KEPT:
        path = project.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"table": {"k": canary}}) if name.startswith(("values", "nivis.")) else canary)
        path.chmod(0o600 if name == "token" else 0o644)
    (project.directory / "vault").chmod(0o700)
    (project.directory / "m").mkdir()
    (project.directory / "m" / "main.tf").write_text(MODULE)
    said: list[Result] = []

    def run(*args: str, pw: str, code: int = 0) -> Result:
        done = project.run(*args, "--var-file", "values.yaml", env={"NIVIS_VAR_pw": f"{canary}-{pw}"})
        assert done.code == code, done.stderr
        said.append(done)
        look()
        return done

    def look() -> None:
        private = {"nivis.state.json", "nivis.auto.tfvars.json", "backup.tfstate", "F"}
        files = (p for p in project.directory.rglob("*") if p.is_file() and not p.is_symlink())
        found = [p for p in files if canary.encode() in p.read_bytes()]
        found = [p for p in found if str(p.relative_to(project.directory)) not in KEPT]
        assert {p.name for p in found} <= private
        assert not [p for p in found if stat.S_IMODE(p.stat().st_mode) & 0o077]

    # The first evaluation fails, before anything else could have told that the value is secret.
    write(project, env, early='throw "no: ${builtins.head xs}"')
    assert "no: (sensitive)" in run("plan", pw="zero", code=1).stderr
    write(project, env)
    run("apply", "--log-level", "debug", pw="one")
    assert "NIVIS_VAR_" not in env.read_text()
    run("plan", "--diff", pw="two")
    run("plan", "-out", "F", pw="two")
    run("show", "F", pw="two")
    run("apply", "F", "--all-phases", pw="three", code=1)
    run("apply", "F", "--all-phases", "--log-level", "debug", pw="two")
    run("state", "show", "terraform.terraform_data.b", pw="two")
    run("graph", pw="two")
    run("why", "terraform.terraform_data.c.input", pw="two")
    run("render", "--out", "R", pw="two")
    assert "without a value" in run("render", "--out", "S", "--no-secrets", pw="two").stderr
    # The same values, of a variable that is no longer sensitive and of one that is not used any more.
    project.flake("ir [ a b ] { }", let='a = data "a" "plain"; ' + LET.split("\n")[6])
    run("plan", pw="two")
    write(project, env, name="${builtins.head v}")
    assert "the names of its members" in run("plan", pw="two", code=1).stderr
    write(project, env, name="${builtins.hashString ''sha256'' (builtins.head v)}")
    assert "the names of its members" in run("plan", pw="two", code=1).stderr
    assert not [done for done in said if canary in done.stdout + done.stderr]
    grep = subprocess.run(["grep", "-rl", canary, "/nix/store"], capture_output=True, text=True, check=False)
    assert grep.stdout == ""


def test_all_below_the_work_directory_is_for_the_user_alone(project: Project) -> None:
    for name, mode in (("run.sh", 0o777), ("sub/open.nix", 0o666)):
        path = project.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{ }")
        path.chmod(mode)
    (project.directory / "sub").chmod(0o777)
    own = set(project.chain().directory.rglob("*"))
    project.forks = False  # a fork has the umask of another process
    before = os.umask(0)
    try:
        project.run("apply", "--provider-log-level", "trace").ok()
        project.chain("two").run("plan", "-out", "F", "-json-into=lines").ok()
    finally:
        os.umask(before)
    made = [p for p in project.directory.rglob("*") if p not in own and not p.is_symlink()]
    shared = [p for p in made if stat.S_IMODE(p.stat().st_mode) & 0o077]
    assert {str(p.relative_to(project.directory)) for p in shared} <= {"flake.lock"}
    flake = project.directory / ".nivis" / "flake"
    assert stat.S_IMODE((flake / "run.sh").stat().st_mode) == 0o700
    assert (flake / "sub" / "open.nix").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.json", '{"pw": "@", }'), ("v.json", '{"pw": @}'), ("v.json", '["@"]'), ("v.json", '{"pw": "@\n"}'),
        ("v.yaml", 'pw: "@'), ("v.yaml", "pw: @\n x: y: z"), ("v.yaml", "pw: *@"), ("v.yaml", "pw: !@ x"),
        ("v.yaml", "pw: !!binary Y2FuYXJ5"), ("v.yaml", "a:\n  pw: [1, .inf, '@']"), ("v.yaml", "? [@]\n: 1"),
        ("v.tfvars", 'pw = "@'), ("v.tfvars", 'pw = "@" "x"'), ("v.tfvars", "pw = @"), ("v.tfvars", 'pw = "@${x}"'),
        ("v.tfvars", 'a = { pw = ["@%{x}"] }'), ("v.tfvars", 'pw = upper("@")'), ("v.ini", "pw=@"),
    ],
)  # fmt: skip
def test_errors_in_variable_files_quote_nothing(project: Project, name: str, text: str) -> None:
    project.chain()
    (project.directory / name).write_text(text.replace("@", "canaryhunter"))
    done = project.run("plan", "--var-file", name).fails("variable file", name)
    assert "canaryhunter" not in done.stderr
    assert "canary" not in done.stderr


def test_a_flag_without_a_name_is_not_repeated(project: Project) -> None:
    done = (
        project.chain().run("plan", "--var", "canaryhunter").fails("Malformed --var", "hint: Write `--var name=value`")
    )
    assert "canaryhunter" not in done.stderr


def test_a_file_that_looks_like_a_secret_is_an_error_where_nix_asks_for_it(project: Project) -> None:
    for name, mode in (("values.json", 0o644), ("token", 0o600), ("vault/x.txt", 0o644), ("id_rsa", 0o644)):
        path = project.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        path.chmod(mode)
        if name == "vault/x.txt":
            path.parent.chmod(0o700)
        project.flake("ir [ a ] { }", let=f'a = data "a" (builtins.readFile ./{name});')
        project.run("plan", "--var-file", "values.json").fails(f"{name} is kept from Nix", "chmod go+r")
