"""doctor: what is there, and the command that mends what is not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


def test_all_is_well(project: Project) -> None:
    done = project.chain().run("doctor").ok()
    assert "engine: OpenTofu v" in done.stdout
    assert str(project.tofu) in done.stdout
    assert "from NIVIS_TOFU" in done.stdout
    assert done.stdout.endswith("Everything needed is there.\n")
    # Looking leaves no trace.
    assert [p.name for p in project.directory.iterdir()] == ["flake.nix"]


def test_a_missing_flake_names_init(project: Project) -> None:
    done = project.run("doctor", "--json").fails()
    found = {f["what"]: f for f in json.loads(done.stdout)["findings"]}
    assert found["flake"]["verdict"] == "missing"
    assert found["flake"]["fix"] == "nivis init"


def test_missing_tools_say_how_to_install_them(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    bare = {"PATH": str(empty), "HOME": str(empty), "NIVIS_TOFU": str(empty / "nowhere"), "XDG_CACHE_HOME": str(empty)}
    done = project.chain().run("doctor", "--json", env=bare).fails()
    found = {f["what"]: f for f in json.loads(done.stdout)["findings"]}
    assert found["engine"]["verdict"] == "missing"
    assert "nivis setup" in found["engine"]["fix"]
    assert found["Graphviz"]["verdict"] == "warning"
    if not Path("/nix/var/nix/profiles/default/bin/nix").exists():
        assert "apt-get install nix-bin" in found["Nix"]["fix"]


def test_settings_that_get_in_the_way(project: Project) -> None:
    odd = {"TF_CLI_CONFIG_FILE": "/nowhere/at/all", "TF_WORKSPACE": "ci", "AWS_CA_BUNDLE": "", "TF_CLI_ARGS": "-x"}
    text = project.chain().run("doctor", env=odd).ok().stdout
    for name in odd:
        assert f" ~ {name}: warning: " in text
        assert f"fix: unset {name}\n" in text


def test_git_that_does_not_know_the_flake(project: Project) -> None:
    git = shutil.which("git")
    assert git
    project.chain()
    subprocess.run([git, "init", "-q"], cwd=project.directory, check=True)
    assert "fix: git add flake.nix" in project.run("doctor").fails().stdout


def test_parts_of_the_flake_that_git_does_not_know(project: Project) -> None:
    git = shutil.which("git")
    assert git
    there = project.directory
    for name in ("modules/net.nix", "modules/unused.nix", "data/sizes.json", "ignored.nix", "dir/default.nix"):
        (there / name).parent.mkdir(exist_ok=True)
        (there / name).write_text('{ a = "x"; }' if name.endswith(".nix") else "{}")
    (there / ".gitignore").write_text("ignored.nix\n")
    let = "net = import ./modules/net.nix; i = import ./ignored.nix; d = import ./dir; s = builtins.readFile ./data/sizes.json;"
    project.flake('ir [ (data "a" (net.a + i.a + d.a + s)) ] { }', let=let)
    subprocess.run([git, "init", "-q"], cwd=there, check=True)
    subprocess.run([git, "add", "flake.nix"], cwd=there, check=True)
    done = project.run("doctor").fails()
    needed = ("modules/net.nix", "ignored.nix", "dir/default.nix", "data/sizes.json")
    for name in needed:
        assert f"{name} is not known to git, so Nix cannot see it" in done.stdout
        assert f"fix: git add {name}\n" in done.stdout
    assert "flake: warning: modules/unused.nix is not known to git" in done.stdout
    project.run("plan").fails("not known to git")
    subprocess.run([git, "add", "-f", *needed], cwd=there, check=True)
    assert "is not known to git" in project.run("doctor").ok().stdout  # the unused one is a warning
    project.run("plan").ok()
