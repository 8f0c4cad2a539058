"""init: scaffolds, and the engine's own init where there is a flake."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from nivis_tofu.nix.tree import library_path
from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

TEMPLATES = Path(__file__).parents[2] / "templates"
LOCAL = ["minimal", "multi-phase", "modules"]


@pytest.mark.parametrize("template", LOCAL)
def test_a_scaffold_applies_and_comes_to_rest(project: Project, template: str) -> None:
    done = project.run("init", "--template", template).ok()
    assert " + flake.nix\n" in done.stdout
    assert "`nivis plan`" in done.stdout
    assert 'description = "a projéct";' in (project.directory / "flake.nix").read_text()
    assert project.run("apply").ok().stdout.startswith("Applied ")
    assert project.run("plan").ok().stdout.startswith("No changes.")


def test_the_environments_apply_beside_each_other(project: Project) -> None:
    done = project.run("init", "--template", "environments").ok()
    assert "`nivis stacks plan`" in done.stdout
    (project.directory / "nivis.auto.prod.yaml").write_text("owner: ops\n")
    applied = project.run("stacks", "apply").ok().stdout
    assert " ✓ dev: 2 added, 0 changed, 0 destroyed\n ✓ prod: 4 added, 0 changed, 0 destroyed\n" in applied
    shown = {s: project.run("state", "show", "terraform.terraform_data.network", "--stack", s) for s in ("dev", "prod")}
    assert "nobody" in shown["dev"].ok().stdout
    assert "ops" in shown["prod"].ok().stdout
    asked = project.run("destroy", "--stack", "prod", typed="dev\n", env={"NIVIS_ASK": ""})
    asked.fails("Type `prod` to go on", "Cancelled")
    assert project.run("destroy", "--stack", "dev").ok().stdout.startswith("Destroyed 2 resource(s)")


def test_the_aws_scaffold_plans_two_resources(project: Project, aws_provider_env: dict[str, str]) -> None:
    project.env = {**project.env, **{k: v for k, v in aws_provider_env.items() if k.startswith(("AWS_", "TF_"))}}
    project.run("init", "--template=aws").ok()
    assert "2 resource(s) to resolve across phases" in project.run("plan").ok().stdout


@pytest.mark.parametrize(
    ("template", "plan"),
    [*((t, "plan") for t in ("minimal", "aws", "multi-phase", "modules")), ("environments", "stacks.prod")],
)
def test_a_template_is_a_flake_as_it_is(project: Project, template: str, plan: str) -> None:
    """`nix flake init -t` copies the files unrendered."""
    subprocess.run(["cp", "-r", f"{TEMPLATES / template}/.", str(project.directory)], check=True)
    shown = subprocess.run(
        ["nix", "--extra-experimental-features", "nix-command flakes", "eval", "--json", "--no-write-lock-file",
         "--override-input", "nivis", f"path:{library_path()}", f"path:.#nivis.{plan}", "--apply", "p: p { vars = { }; }"],
        cwd=project.directory, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(shown.stdout)["schemaVersion"] == 1
    assert "<<project>>" in (project.directory / "flake.nix").read_text()


def test_nothing_is_overwritten(project: Project) -> None:
    (project.directory / ".gitignore").write_text("mine\n")
    done = project.run("init").ok()
    assert " = .gitignore  kept, it was there already\n" in done.stdout
    assert (project.directory / ".gitignore").read_text() == "mine\n"
    before = (project.directory / "flake.nix").read_bytes()
    project.run("init", "--template", "aws").fails("There is a flake already")
    assert (project.directory / "flake.nix").read_bytes() == before


def test_an_unknown_template_is_met_with_the_list(project: Project) -> None:
    project.run("init", "--template", "nope").fails(
        "No such template", "minimal, aws, multi-phase, modules, nixpkgs, environments"
    )
    assert list(project.directory.iterdir()) == []


def test_git_sees_the_flake_and_not_the_state(tmp_path: Path, tofu_exe: Path) -> None:
    project = Project(tmp_path, tofu_exe)

    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=project.directory, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    assert "Next: `git add .`, then `nivis plan`." in project.run("init").ok().stdout
    git("add", ".")
    project.run("apply").ok()
    assert git("status", "--porcelain", "--untracked-files=all").splitlines() == ["A  .gitignore", "A  flake.nix"]


def test_on_a_terminal_it_asks(project: Project) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [NIVIS, "init"], cwd=project.directory, env=project.env, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as child:
        os.close(theirs)
        screen = b""
        while b"Template [minimal]: " not in screen:
            screen += os.read(ours, 1024)
        os.write(ours, b"4\n")
        assert child.stdout is not None
        text = child.stdout.read().decode()
        assert child.wait() == 0
    os.close(ours)
    assert " + modules/network.nix\n" in text


def test_with_a_flake_it_is_the_engines_init(project: Project) -> None:
    done = project.chain().run("init", "-upgrade", "-input=false").ok()
    assert done.stdout == "Initialised. State: backend `local`.\n"
    project.run("init", "-reconfigure", "-migrate-state").fails("--reconfigure and --migrate-state exclude each other")
    project.run("init", "-lockfile=readonly").ok()
    project.run("init", "-lockfile=nope").fails("Unknown --lockfile", "only `readonly` is known")


def test_state_moves_to_another_backend(project: Project) -> None:
    project.chain().run("apply").ok()
    project.flake(
        """ir [ a b ] { outputs.b = b.refAttr "output"; backend = { type = "local"; }; }""",
        let="""a = data "a" "one"; b = data "b" (lib.str [ "from " (a.refAttr "id") ]);""",
    )
    elsewhere = project.directory / "elsewhere.tfstate"
    project.run("init", "-migrate-state", f"-backend-config=path={elsewhere}").ok()
    assert {r["name"] for r in json.loads(elsewhere.read_text())["resources"]} == {"a", "b"}


def test_json_names_what_was_made(project: Project) -> None:
    found = json.loads(project.run("init", "--json").ok().stdout)
    assert found == {"version": 1, "created": [".gitignore", "flake.nix"], "kept": []}
