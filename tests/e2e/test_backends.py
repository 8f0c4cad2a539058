"""The state in backends declared by the flake: two whole lives of a three-phase chain in each, and what can go wrong."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from tests.e2e.project import Project
from tests.e2e.test_stacks import FLAKE, summary
from tests.support.http_state import Shelf, http_state
from tests.support.moto import cloud_env
from tests.support.postgres import cluster

pytestmark = [pytest.mark.engine, pytest.mark.nix]

CHAIN = """
  a = data "a" "one";
  b = data "b" (lib.str [ "b of " (a.refAttr "id") ]);
  c = data "c" (lib.str [ "c of " (b.refAttr "output") ]);
"""


def declare(project: Project, backend: str, *, more: str = "") -> Project:
    return project.flake(
        f"""ir [ a b c ] {{ {f"backend = {backend};" if backend else ""} outputs.c = c.refAttr "output"; {more} }}""",
        let=CHAIN,
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    # Not below pytest's directory: that is for one user only, and the server runs as another.
    with tempfile.TemporaryDirectory(prefix="nivis-pg-") as name:
        Path(name).chmod(0o755)
        with cluster(Path(name) / "cluster") as url:
            yield url


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with http_state() as found:
        yield found


@pytest.fixture
def s3(project: Project, moto: str) -> Callable[[str], str]:
    """Makes a bucket and gives the backend that has its state there, with a lock file."""

    def make(bucket: str) -> str:
        project.env = cloud_env(project.env, moto)
        client = boto3.client(
            "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        client.create_bucket(Bucket=bucket)
        return f"""{{
          type = "s3"; bucket = "{bucket}"; key = "x/nivis.tfstate"; region = "us-east-1"; use_lockfile = true;
          use_path_style = true; skip_credentials_validation = true; skip_requesting_account_id = true;
          skip_metadata_api_check = true; endpoints = {{ s3 = "{moto}"; }};
        }}"""

    return make


def http(shelf: Shelf, name: str = "one", *, password: bool = True) -> str:
    address = f"{shelf.url}/{name}"
    secret = f'password = "{shelf.password}";' if password else ""
    return f"""{{
      type = "http"; address = "{address}"; lock_address = "{address}"; unlock_address = "{address}";
      username = "nivis"; retry_max = 0; {secret}
    }}"""


def live_twice(project: Project, *, local: bool = False) -> None:
    for _ in range(2):
        assert "3 resource(s) to resolve" in project.run("plan").ok().stdout
        assert "Applied 3 resource(s) across 3 phase(s):" in project.run("apply").ok().stdout
        assert project.run("plan").ok().stdout == "No changes. 3 resource(s) up to date.\n"
        assert project.run("output", "c").ok().stdout.startswith("c of b of ")
        assert project.run("plan", "-out", "p").ok().code == 0
        assert len(project.run("state", "list").ok().stdout.splitlines()) == 3
        assert "Destroyed 3 resource(s):" in project.run("destroy").ok().stdout
        assert project.run("state", "list").ok().stdout == "No resources in state.\n"
    assert local or not [p.name for p in project.directory.iterdir() if "state" in p.name]


def test_local_with_a_path_is_relative_to_the_project(project: Project) -> None:
    declare(project, '{ type = "local"; path = "states/mine.tfstate"; }')
    live_twice(project, local=True)
    assert sorted(p.name for p in (project.directory / "states").iterdir()) == ["mine.tfstate"]
    assert not (project.directory / "nivis.state.json").exists()


def test_http(project: Project, shelf: Shelf) -> None:
    declare(project, http(shelf))
    live_twice(project)
    assert {"LOCK /one", "UNLOCK /one", "POST /one"} <= set(shelf.seen)
    assert shelf.locks == {}


def test_pg(project: Project, postgres: str) -> None:
    declare(project, f'{{ type = "pg"; schema_name = "twice"; conn_str = "{postgres}"; }}')
    live_twice(project)


def test_s3_with_a_lock_file(project: Project, s3: Callable[[str], str]) -> None:
    declare(project, s3("twice"))
    live_twice(project)


def test_secrets_of_a_backend_are_on_no_command_line(project: Project, shelf: Shelf) -> None:
    declare(project, http(shelf, password=False))
    project.run("apply").fails("HTTP remote state")
    spoken = project.run("init", f"-backend-config=password={shelf.password}", "--log-level", "debug").ok()
    assert shelf.password not in spoken.stderr
    assert "-backend-config=" in spoken.stderr
    # What was given once is known to later commands, also where they have to initialise again.
    (project.directory / ".nivis/init.json").unlink()
    project.run("apply").ok()
    assert b"c of b of" in shelf.states["/one"]
    flake = (project.directory / "flake.nix").read_text()
    flake = flake.replace('username = "nivis";', 'username = "nivis"; password = vars.pw;').replace(
        "a = data", "vars = lib.mkVars { pw = { sensitive = true; }; } ledger.vars; a = data", 1
    )
    (project.directory / "flake.nix").write_text(flake)
    shutil.rmtree(project.directory / ".nivis")
    spoken = project.run("plan", "--log-level", "debug", env={"NIVIS_VAR_pw": shelf.password}).ok()
    assert "No changes" in spoken.stdout
    assert shelf.password not in spoken.stderr
    files = [p for p in project.directory.rglob("*") if p.is_file() and shelf.password.encode() in p.read_bytes()]
    assert files
    assert {p.parent.name for p in files} <= {".nivis", "terraform"}
    assert all(p.stat().st_mode & 0o077 == 0 for p in files)


def test_lock_of_somebody_else(project: Project, shelf: Shelf) -> None:
    declare(project, http(shelf)).run("apply").ok()
    shelf.locks["/one"] = {
        "ID": "1234-5678", "Operation": "OperationTypeApply", "Who": "ann@desk", "Version": "1.12.6",
        "Created": "2026-01-02T03:04:05Z", "Info": "", "Path": "",
    }  # fmt: skip
    project.run("plan").fails("Error acquiring the state lock", "ann@desk", "2026-01-02", "force-unlock 1234-5678")
    project.run("force-unlock").fails("Which lock?", "ann@desk", "nivis force-unlock 1234-5678")
    held = dict(shelf.locks)
    project.run("force-unlock", "1234-5678").ok()
    assert "No changes" in project.run("plan").ok().stdout
    shelf.locks.update(held)
    assert project.run("force-unlock", "-force").ok().stdout == "The state is unlocked.\n"
    assert project.run("force-unlock", "-force").ok().stdout == "Nobody holds the lock.\n"
    assert "No changes" in project.run("plan").ok().stdout


def test_a_state_is_never_left_behind(project: Project, shelf: Shelf, postgres: str) -> None:
    declare(project, "").run("apply").ok()
    before = project.state
    pg = f'{{ type = "pg"; schema_name = "moved"; conn_str = "{postgres}"; }}'
    declare(project, pg)
    for _ in range(2):
        project.refused("The state lies elsewhere", "nivis.state.json", "nivis state migrate")
    moved = project.run("state", "migrate").ok().stdout
    assert moved == (
        "Moved the state from the local file nivis.state.json to the backend `pg` (schema_name moved):\n"
        " > default  3 resource(s)\n"
    )
    assert not (project.directory / "nivis.state.json").exists()
    assert "No changes" in project.run("plan").ok().stdout
    backups = list((project.directory / ".nivis/backups").iterdir())
    assert [json.loads(p.read_bytes()) for p in backups] == [json.loads(before)]

    # To another remote one with the engine's own spelling; the old one is emptied, so that nobody goes on with it.
    declare(project, http(shelf)).run("plan").fails("the backend `pg`")
    project.run("init", "-migrate-state").ok()
    assert "No changes" in project.run("plan").ok().stdout
    other = project.directory / "other"
    other.mkdir()
    old = Project(other, project.tofu)
    assert "3 resource(s) to resolve" in declare(old, pg).run("plan").ok().stdout

    # And back into the project.
    declare(project, "").run("apply").fails("The state lies elsewhere", "the backend `http`")
    project.run("state", "migrate", "--keep").ok()
    assert "No changes" in project.run("plan").ok().stdout
    assert json.loads(shelf.states["/one"])["resources"]

    # To begin anew has to be said.
    declare(project, http(shelf, "two")).run("apply").fails("The state lies elsewhere")
    project.run("init", "-reconfigure", typed="no\n").ok()
    assert "Applied 3 resource(s)" in project.run("apply").ok().stdout


def test_a_failed_init_does_not_make_it_forget_where_the_state_was(project: Project, shelf: Shelf) -> None:
    declare(project, http(shelf)).run("apply").ok()
    declare(project, '{ type = "http"; address = "http://127.0.0.1:1/x"; retry_max = 0; }').run("plan").fails()
    declare(project, http(shelf, "two")).run("plan").fails("The state lies elsewhere", "the backend `http`")


def test_all_workspaces_migrate(project: Project, postgres: str) -> None:
    declare(project, "").run("apply").ok()
    project.run("workspace", "new", "dev").ok()
    project.run("apply").ok()
    declare(project, f'{{ type = "pg"; schema_name = "spaces"; conn_str = "{postgres}"; }}')
    project.run("workspace", "list").ok()
    moved = project.run("state", "migrate").ok().stdout
    assert " > default  3 resource(s)\n > dev  3 resource(s)\n" in moved
    for name in ("dev", "default"):
        project.run("workspace", "select", name).ok()
        assert "No changes" in project.run("plan").ok().stdout
    assert "dev" in project.run("workspace", "list").ok().stdout
    assert not list(project.directory.glob("nivis.state.d/*/*.tfstate"))


def test_state_flag_with_a_remote_backend(project: Project, shelf: Shelf) -> None:
    declare(project, http(shelf)).run("apply").ok()
    project.run("plan", "--state", "x.json").fails("--state with a remote backend", "--backend local")
    assert "3 resource(s) to resolve" in project.run("plan", "--backend", "local", "--state", "x.json").ok().stdout
    project.run("apply", "--backend", "local").ok()
    assert (project.directory / "nivis.state.json").exists()
    assert project.run("state", "list", "--backend", "local").ok().stdout.count("\n") == 3
    shelf.seen.clear()
    assert "No changes" in project.run("plan").ok().stdout
    assert shelf.seen


def test_a_backend_cannot_depend_on_a_resource(project: Project) -> None:
    declare(project, '{ type = "http"; address = lib.str [ "http://127.0.0.1/" (a.refAttr "id") ]; }')
    project.run("plan").fails("A value that comes too late", "`backend.address` uses `terraform.terraform_data.a.id`")


ENCRYPTION = """extra.terraform.encryption = {
  key_provider.pbkdf2.k = { passphrase = vars.phrase; iterations = 200000; };
  method.aes_gcm.m.keys = lib.expr "\\${key_provider.pbkdf2.k}";
  state = { method = lib.expr "\\${method.aes_gcm.m}"; enforced = true; };
  plan = { method = "method.aes_gcm.m"; enforced = true; };
};"""


def test_encrypted_state_and_plans(project: Project, shelf: Shelf) -> None:
    """In a remote backend; a local state is in the test below, and a plan is encrypted the same way with both."""
    let = 'vars = lib.mkVars { phrase = { type = "str"; sensitive = true; }; } ledger.vars;' + CHAIN
    project.flake(f'ir [ a b c ] {{ backend = {http(shelf)}; outputs.c = c.refAttr "output"; {ENCRYPTION} }}', let=let)
    project.env["NIVIS_VAR_phrase"] = "correct horse battery staple"
    assert "Applied 3 resource(s) across 3 phase(s):" in project.run("apply").ok().stdout
    stored = shelf.states["/one"]
    assert b"encrypted_data" in stored
    assert b"c of b of" not in stored
    # A stale value has to be found in a plan that nobody but the engine can read.
    flake = project.directory / "flake.nix"
    flake.write_text(flake.read_text().replace('"one"', '"two"'))
    assert " ~ terraform.terraform_data.a" in project.run("plan").ok().stdout
    project.run("apply").ok()
    assert "Destroyed 3 resource(s):" in project.run("destroy").ok().stdout


JOINED_ENCRYPTION = """
terraform {
  encryption {
    key_provider "pbkdf2" "k" {
      passphrase = local.phrase
      iterations = 200000
    }
    method "aes_gcm" "m" { keys = key_provider.pbkdf2.k }
    state { method = method.aes_gcm.m }
    plan { method = method.aes_gcm.m }
  }
}
locals { phrase = "${var.phrase}, again and again" }
variable "phrase" {
  type      = string
  sensitive = true
}
"""


def test_encryption_that_a_joined_root_module_declares(project: Project) -> None:
    (project.directory / "main.tf").write_text(JOINED_ENCRYPTION)
    given = ("-var", "phrase=correct ${horse} battery")
    for text in ("one", "two"):
        more = 'rootModule = "."; outputs.c = c.refAttr "output";'
        project.flake(f"ir [ a b c ] {{ {more} }}", let=CHAIN.replace('"one"', f'"{text}"')).run("apply", *given).ok()
        assert b"encrypted_data" in (project.directory / "terraform.tfstate").read_bytes()
    assert "No changes" in project.run("plan", *given).ok().stdout
    project.run("plan", "-destroy", "-out=F", *given).ok()
    assert "Destroyed 3 resource(s):" in project.run("apply", "F", *given).ok().stdout


def test_encryption_from_the_environment(project: Project) -> None:
    project.env["TF_ENCRYPTION"] = """
      key_provider "pbkdf2" "k" {
        passphrase = "correct horse battery staple"
        iterations = 200000
      }
      method "aes_gcm" "m" { keys = key_provider.pbkdf2.k }
      state { method = method.aes_gcm.m }
    """
    declare(project, "").run("apply").ok()
    assert b"encrypted_data" in project.state
    assert "No changes" in project.run("plan").ok().stdout
    assert "Destroyed 3 resource(s):" in project.run("destroy").ok().stdout


def test_workspaces_in_pg(project: Project, postgres: str) -> None:
    declare(project, f'{{ type = "pg"; schema_name = "ws"; conn_str = "{postgres}"; }}').run("apply").ok()
    project.run("workspace", "new", "dev").ok()
    assert "3 resource(s) to resolve" in project.run("plan").ok().stdout
    project.run("apply").ok()
    with contextlib.suppress(KeyError):
        del project.env["TF_WORKSPACE"]
    assert "No changes" in project.run("plan", env={"TF_WORKSPACE": "default"}).ok().stdout
    project.run("destroy").ok()
    project.run("workspace", "select", "default").ok()
    assert "No changes" in project.run("plan").ok().stdout


MOVED = '{ type = "local"; path = "b.tfstate"; }'
UNDECIDED = "Nobody said what becomes of the state"


@pytest.mark.parametrize("before", [["plan"], *(pytest.param(b, marks=pytest.mark.long) for b in (["init"], []))])
def test_a_state_that_nobody_declared_is_not_forgotten_without_an_answer(project: Project, before: list[str]) -> None:
    declare(project, "").run("apply").ok()
    kept = project.state
    declare(project, MOVED)
    if before:
        project.run(*before).fails("The state lies elsewhere")
    for typed in ("", "maybe\n", "yes", "y\n"):
        project.run("init", "-reconfigure", typed=typed).fails(UNDECIDED, "-force-copy")
    project.run("init", "-reconfigure", "-input=false", typed="yes\n").fails(UNDECIDED)
    project.run("apply").fails("The state lies elsewhere")
    assert project.state == kept
    assert not (project.directory / "b.tfstate").exists()


def test_its_answers(project: Project) -> None:
    declare(project, "").run("apply").ok()
    kept = project.state
    declare(project, MOVED).run("init", "-reconfigure", typed="no\n").ok()
    assert "3 resource(s) to resolve" in project.run("plan").ok().stdout
    assert project.state == kept
    shutil.rmtree(project.directory / ".nivis")
    project.run("init", "-reconfigure", typed="yes\n").ok()
    assert "No changes" in project.run("plan").ok().stdout


def test_it_is_copied_without_a_question_where_that_is_said(project: Project) -> None:
    declare(project, "").run("apply").ok()
    declare(project, MOVED).run("init", "-reconfigure", "-force-copy", "-input=false").ok()
    assert "No changes" in project.run("plan").ok().stdout


def test_opentofu_refuses_it_too(project: Project, tmp_path: Path) -> None:
    """What the two tests above rely on: who comes from there knows the question."""
    plain = tmp_path / "plain"
    plain.mkdir()

    def tofu(*args: str) -> int:
        argv = [str(project.tofu), *args]
        return subprocess.run(argv, cwd=plain, env=project.env, input="", text=True, capture_output=True).returncode

    (plain / "main.tf").write_text('resource "terraform_data" "a" {}\n')
    assert (tofu("init"), tofu("apply", "-auto-approve")) == (0, 0)
    (plain / "backend.tf").write_text('terraform {\n  backend "local" {\n    path = "b.tfstate"\n  }\n}\n')
    assert tofu("init", "-reconfigure") == tofu("init", "-reconfigure", "-input=false") == 1


def test_a_holder_that_cannot_be_read_is_not_named(project: Project, shelf: Shelf) -> None:
    declare(project, http(shelf)).run("apply").ok()
    shelf.locks["/one"] = ["no", "lock", "information"]  # type: ignore[assignment]  # what a broken server answers
    held = project.run("plan").fails("Error acquiring the state lock", "Who holds the lock cannot be read")
    assert "force-unlock" not in held.stderr
    for flags in ([], ["-force"]):
        project.run("force-unlock", *flags).fails("Which lock?", "cannot be read")
    assert "/one" in shelf.locks


def test_stacks_have_their_states_in_different_places(
    project: Project, shelf: Shelf, postgres: str, s3: Callable[[str], str]
) -> None:
    """One apply of all of them, and a workspace of one."""
    pg = f'{{ type = "pg"; schema_name = "stacks"; conn_str = "{postgres}"; }}'
    stacks = f"""
      net = stack null [ (data "net" "x" {{ }}) ] {{ vpc = "vpc-1"; }};
      db = stack {s3("stacks")} [ (data "db" (of "net" "vpc") {{ }}) ] {{ vpc = of "net" "vpc"; }};
      app = stack ({pg}) [ (data "app" (of "db" "vpc") {{ }}) ] {{ vpc = of "db" "vpc"; }};
      web = stack ({http(shelf)}) [ (data "web" (of "app" "vpc") {{ }}) ] {{ }};
    """
    text = (
        FLAKE.replace("@stacks@", stacks)
        .replace("stack = resources", "of = name: (lib.stack name).refAttr; stack = backend: resources")
        .replace("resources outputs ledger;", "backend resources outputs ledger;")
    )
    flake = project.directory / "flake.nix"
    flake.write_text(text)
    first = summary(project.run("stacks", "apply").ok())
    assert list(first) == ["net", "db", "app", "web"]
    assert set(first.values()) == {"1 added, 0 changed, 0 destroyed"}
    assert [p.name for p in project.directory.glob("*.state.json")] == ["nivis.net.state.json"]
    assert "vpc-1" in json.dumps(shelf.states["/one"].decode())

    flake.write_text(text.replace("vpc-1", "vpc-2"))
    planned = project.run("stacks", "plan").ok()
    for user, used in (("app", "db"), ("web", "app")):
        assert f"{user}: known after stack {used}: vpc" in planned.stderr
    changed = summary(project.run("stacks", "apply").ok())
    assert {name: said for name, said in changed.items() if "1 changed" in said}.keys() == {"db", "app", "web"}

    # Another workspace is another state, of that stack alone.
    project.run("workspace", "new", "dev", "--stack", "db").ok()
    there = summary(project.run("stacks", "apply").ok())
    assert (there["db"], there["app"]) == ("1 added, 0 changed, 0 destroyed", "no changes")
    project.run("workspace", "select", "default", "--stack", "db").ok()
    assert set(summary(project.run("stacks", "plan").ok()).values()) == {"no changes"}
