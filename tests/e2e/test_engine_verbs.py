"""Verbs that pass through to the engine: as if `tofu` had been typed, with what the flake declares where that counts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

UGLY = 'resource   "terraform_data"   "a" {\ninput="x"\n}\n'


def typed(project: Project, *args: str, text: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command with something on its stdin."""
    return subprocess.run(
        [NIVIS, *args],
        cwd=cwd or project.directory,
        env=project.env,
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("flake", [False, True])
def test_what_needs_no_configuration_runs_in_the_directory(project: Project, flake: bool) -> None:
    if flake:
        project.flake('throw "nobody asks the flake"')
    for args in ("version -json", "metadata functions -json", "fmt -help", "login -help", "version"):
        assert project.run(*args.split()).ok().stdout == project.engine(*args.split())
    file = project.directory / "main.tf"
    file.write_text(UGLY)
    assert project.run("fmt", "-check").code == 3
    assert "main.tf" in project.run("fmt", "-check").stdout
    below = project.directory / "below"
    below.mkdir()
    assert project.run("fmt", "-check", cwd=below).code == 0
    assert project.run("-chdir=..", "fmt", "-check", cwd=below).code == 3
    assert typed(project, "fmt", "-", text=UGLY).stdout == typed(project, "fmt", "-", text=UGLY).stdout != UGLY
    project.run("fmt").ok()
    assert file.read_text() == typed(project, "fmt", "-", text=UGLY).stdout
    assert not (project.directory / ".nivis").exists()
    # A message of the engine, on the stream and with the code that it has there.
    refused = project.run("fmt", "-no-such-flag")
    assert "no-such-flag" in refused.stderr
    assert refused.code == 1


def test_without_a_flake_the_files_of_the_directory_are_meant(project: Project) -> None:
    (project.directory / "main.tf").write_text('locals { x = 40 }\nmodule "m" { source = "./m" }\n')
    (project.directory / "m").mkdir()
    (project.directory / "m" / "main.tf").write_text("")
    assert "m in m" in project.run("get").ok().stdout
    assert typed(project, "console", text="local.x + 2\n").stdout == "42\n"
    assert "digraph" in project.run("graph", "-type=plan").ok().stdout
    assert not (project.directory / ".nivis").exists()


def test_what_the_flake_declares_is_seen(project: Project) -> None:
    project.chain()
    assert typed(project, "console", text="terraform_data.a.input\n").stdout == "(known after apply)\n"
    project.run("apply").ok()
    a = project.attributes("terraform_data.a")["id"]
    before = project.state
    done = typed(project, "console", text="terraform_data.a.id\nterraform_data.b.output\n")
    assert done.stdout == f'"{a}"\n"from {a}"\n'
    assert "terraform_data.b" in project.run("graph", "-type=plan").ok().stdout
    assert "digraph" in project.run("graph", "-draw-cycles").ok().stdout
    # Ours is drawn for a graph without such a flag.
    assert "terraform.terraform_data.b" in project.run("graph").ok().stdout
    schemas = json.loads(project.run("providers", "schema", "-json").ok().stdout)
    assert "terraform.io/builtin/terraform" in schemas["provider_schemas"]
    config = project.run("show", "-config", "-json")
    if project.engine_has("show", "-config"):
        shown = json.loads(config.ok().stdout)
        assert [r["address"] for r in shown["root_module"]["resources"]] == ["terraform_data.a", "terraform_data.b"]
    else:
        config.fails("flag provided but not defined: -config")
    project.run("workspace", "new", "dev").ok()
    assert "* dev" in project.run("env", "list").ok().stdout
    project.run("workspace", "select", "default").ok()
    assert project.state == before
    assert typed(project, "console", text="nope()\n").returncode == 1


def test_options_before_the_verb_are_ours(project: Project) -> None:
    project.flake(
        "ir [ ] { extra.locals.who = v.who; }",
        let='v = lib.mkVars { who = { type = "str"; }; } ledger.vars;',
    )
    project.run("console").fails("required variable 'who' is not set")
    done = typed(project, "--var", "who=ann", "console", "-no-color", text="local.who\n")
    assert done.stdout == '"ann"\n'
    elsewhere = typed(project, f"-chdir={project.directory}", "--var=who=bob", "console", text="local.who\n", cwd=Path("/"))  # fmt: skip
    assert elsewhere.stdout == '"bob"\n'
    # The engine gets what the user's environment has for it, and nothing of ours.
    project.env |= {"TF_CLI_ARGS_fmt": "-check", "NIVIS_VAR_who": "eve"}
    (project.directory / "main.tf").write_text(UGLY)
    assert project.run("fmt").code == 3
    (project.directory / "main.tf").unlink()
    assert typed(project, "console", text="local.who\n").stdout == '"eve"\n'


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_the_engine_too(project: Project, number: signal.Signals) -> None:
    project.flake('ir [ (data "a" 1) ] { }').run("apply").ok()
    started = subprocess.Popen(
        [NIVIS, "console"],
        cwd=project.directory,
        env=project.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
    deadline = time.monotonic() + 60
    while not any("console" in Path(f"/proc/{p}/cmdline").read_text() for p in children.read_text().split()):
        assert time.monotonic() < deadline, started.poll()
        time.sleep(0.05)
    [child] = children.read_text().split()
    time.sleep(0.3)  # until the engine listens to signals
    if number is signal.SIGINT:
        os.killpg(started.pid, number)  # as the terminal does it: to all that run in it
    else:
        started.send_signal(number)
    # The engine's console only gives up the line at ^C; it ends with its input.
    _, told = started.communicate(timeout=60)
    assert "Traceback" not in told
    assert not Path(f"/proc/{child}").exists()
    project.run("plan").ok()  # the lock is free


@pytest.mark.aws
def test_locks_and_mirrors(project: Project, aws_provider_env: dict[str, str], aws_cli_config: Path) -> None:
    project.env = {**aws_provider_env, "NIVIS_TOFU": str(project.tofu)}
    bucket = 'lib.mkResource { provider = "aws"; type = "aws_s3_bucket"; name = "b"; config = { bucket = "x"; }; }'
    provider = 'lib.mkProvider { source = "hashicorp/aws"; config.region = "eu-central-1"; }'
    project.flake(f"lib.toIR {{ providers.aws = {provider}; resources = [ ({bucket}) ]; inherit ledger; }}")
    mirror = aws_cli_config.parent / "mirror"
    project.run("providers", "lock", f"-fs-mirror={mirror}").ok()
    lock = project.directory / ".terraform.lock.hcl"
    assert "registry.opentofu.org/hashicorp/aws" in lock.read_text()
    assert lock.stat().st_mode & 0o777 == 0o644
    project.run("init", "-lockfile=readonly").ok()
    assert "registry.opentofu.org/hashicorp/aws" in project.run("version").ok().stdout


def test_help_works_everywhere(project: Project) -> None:
    for args in ("-help", "help", "--help", "-h"):
        listed = project.run(*args.split()).ok().stdout
        assert all(f"\n  {verb} " in listed for verb in ("plan", "fmt", "console", "help"))
    assert project.run("help", "fmt").ok().stdout == project.engine("fmt", "-help")
    assert project.run("-help", "providers", "lock").ok().stdout == project.engine("providers", "lock", "-help")
    assert project.run("providers", "lock", "-help").ok().stdout == project.engine("providers", "lock", "-help")
    assert project.run("plan", "-help").ok().stdout == project.run("help", "plan").ok().stdout
    assert not (project.directory / ".nivis").exists()
