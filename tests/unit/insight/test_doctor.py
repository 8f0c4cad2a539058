"""The doctor: what is there, what is missing, and what to type."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nivis_tofu.insight import doctor
from nivis_tofu.insight.doctor import Finding, Patient, examine, healthy
from nivis_tofu.nix.generated import GeneratedInput


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory with a Nix and an engine in it."""
    found = tmp_path / "bin"
    found.mkdir()
    tool(found, "nix", "echo nix (Nix) 2.8.1")
    tool(found, "tofu", "echo OpenTofu v1.12.6")
    return found


def tool(where: Path, name: str, script: str) -> None:
    (where / name).write_text(f"#!/bin/sh\n{script.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}\n")
    (where / name).chmod(0o755)


def patient(tools: Path, project: Path | None = None, **env: str) -> Patient:
    home = project or tools.parent / "project"
    home.mkdir(exist_ok=True)
    return Patient(home, {"PATH": str(tools), "HOME": str(tools), "XDG_CACHE_HOME": str(tools), **env})


def found(who: Patient, what: str) -> Finding:
    (one,) = [f for f in examine(who) if f.what == what]
    return one


def test_a_healthy_machine(tools: Path) -> None:
    who = patient(tools)
    (who.project / "flake.nix").write_text("{ }")
    findings = {f.what: f for f in examine(who)}
    assert healthy(list(findings.values()))
    assert findings["Nix"].found == f"2.8.1 ({tools / 'nix'})"
    assert findings["engine"].found.startswith(f"OpenTofu v1.12.6 ({tools / 'tofu'}, from ")
    assert (findings["Graphviz"].verdict, findings["flake"].verdict) == ("warning", "ok")
    assert findings["provider locks"].found.startswith("none yet")


@pytest.mark.parametrize(
    ("script", "said"),
    [("echo nix (Nix) 2.7.0", "2.7.0"), ("exit 1", "does not run"), ("exit 0", "does not run")],
)
def test_a_nix_that_will_not_do(tools: Path, script: str, said: str) -> None:
    tool(tools, "nix", script)
    nix = found(patient(tools), "Nix")
    assert (nix.verdict, said in nix.found, bool(nix.fix)) == ("missing", True, True)


def test_a_nix_of_tomorrow_will(tools: Path) -> None:
    tool(tools, "nix", "echo nix (Nix) 2.34pre20260101_abc")
    assert found(patient(tools), "Nix").verdict == "ok"


def test_an_engine_that_does_not_run(tools: Path) -> None:
    tool(tools, "tofu", "exit 1")
    engine = found(patient(tools), "engine")
    assert (engine.verdict, "does not run" in engine.found, bool(engine.fix)) == ("missing", True, True)


def test_terraform_is_told_apart(tools: Path) -> None:
    (tools / "tofu").unlink()
    tool(tools, "terraform", "echo Terraform v1.11.4")
    assert found(patient(tools), "engine").verdict == "warning"


def test_a_project_in_git_needs_git(tools: Path) -> None:
    who = patient(tools)
    assert not [f for f in examine(who) if f.what == "git"]
    (who.project / ".git").mkdir()
    assert found(who, "git").verdict == "missing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TF_CLI_CONFIG_FILE", "/none"),
        ("TF_CLI_CONFIG_FILE", "/"),
        ("TF_CLI_ARGS_plan", "-x"),
        ("TF_WORKSPACE", "dev"),
        ("AWS_CA_BUNDLE", ""),
    ],
)
def test_the_environment(tools: Path, name: str, value: str) -> None:
    finding = found(patient(tools, None, **{name: value}), name)
    assert (finding.verdict, finding.fix) == ("warning", f"unset {name}")


def test_a_configuration_of_the_engine_that_is_there(tools: Path) -> None:
    (tools / "rc").write_text("")
    for config in (str(tools / "rc"), os.devnull):
        assert found(patient(tools, TF_CLI_CONFIG_FILE=config), "TF_CLI_CONFIG_FILE").verdict == "ok"
    assert not [f for f in examine(patient(tools, AWS_CA_BUNDLE="x")) if f.what == "AWS_CA_BUNDLE"]


def test_a_directory_without_a_flake(tools: Path) -> None:
    flake = found(patient(tools), "flake")
    assert (flake.verdict, flake.fix) == ("missing", "nivis init")


def test_a_work_directory_that_others_can_read(tools: Path) -> None:
    who = patient(tools)
    (who.project / "flake.nix").write_text("{ }")
    (who.project / ".nivis").mkdir(mode=0o755)
    (who.project / ".nivis").chmod(0o755)
    assert found(who, "work directory").fix == f"chmod 700 {who.project / '.nivis'}"
    (who.project / ".nivis").chmod(0o700)
    assert found(who, "work directory").verdict == "ok"


def test_files_that_git_does_not_know(tools: Path) -> None:
    """Nix sees of a work tree only what git tracks."""
    program = shutil.which("git") or ""
    (tools / "git").symlink_to(program)
    who = patient(tools)

    def git(*line: str) -> None:
        subprocess.run([program, *line], cwd=who.project, check=True)

    git("init", "--quiet")
    (who.project / "flake.nix").write_text("import ./lib.nix { x = ./data; y = ../up; }")
    assert [(f.verdict, f.fix) for f in examine(who) if f.what == "flake"] == [("missing", "git add flake.nix")]
    git("add", "flake.nix")
    (who.project / "data").mkdir()
    for name in ("lib.nix", "data/a file", "other.nix", "notes.md"):
        (who.project / name).write_text("")
    flake = [(f.verdict, f.fix) for f in examine(who) if f.what == "flake"]
    assert flake == [
        ("missing", "git add 'data/a file'"), ("missing", "git add lib.nix"), ("warning", "git add other.nix"), ("ok", ""),
    ]  # fmt: skip
    (who.project / "nivis.state.json").write_text("{}")
    git("add", "nivis.state.json")
    assert found(who, "secrets").fix == "git rm -r --cached nivis.state.json"


def test_every_finding_that_is_not_ok_says_what_to_do(tools: Path) -> None:
    for name in ("nix", "tofu"):
        (tools / name).unlink()
    findings = [f for f in examine(patient(tools, TF_CLI_ARGS="x")) if f.verdict != "ok"]
    assert len(findings) >= 4
    assert [f for f in findings if not f.fix] == []
    assert not healthy(findings)
    assert doctor.healthy([f for f in findings if f.verdict == "warning"])


MADE = GeneratedInput("acme", "h/n/acme", "1.0.0", Path("/nix/store/" + "a" * 32 + "-source"))


@pytest.mark.parametrize(("used", "verdict"), [("1.0.0", "ok"), ("1.1.0", "warning"), ("", "ok")])
def test_constructors_of_another_version_are_told(tmp_path: Path, used: str, verdict: str) -> None:
    (tmp_path / "flake.nix").write_text(f"{{ {MADE.text} }}")
    if used:
        (tmp_path / ".terraform.lock.hcl").write_text(f'provider "h/n/acme" {{\n  version = "{used}"\n}}\n')
    [seen] = doctor._constructors(tmp_path)
    assert (seen.what, seen.verdict) == ("constructors acme", verdict)
    assert seen.fix == ("nivis gen h/n/acme" if verdict == "warning" else "")
    assert ("1.1.0 of h/n/acme is in use" in seen.found) == (verdict == "warning")
