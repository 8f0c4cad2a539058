"""The flakes on pages of docs/: each is evaluated, and what `console` blocks show is what comes out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nivis_tofu
from nivis_tofu.ir import decode
from tests.e2e.project import NIVIS, Project
from tests.support.pages import Shown, projects, rewrite, same

pytestmark = [pytest.mark.engine, pytest.mark.nix]

SHOWN = list(projects())
LIBRARY = Path(nivis_tofu.__file__).parent / "nixlib"
MODULE_SYSTEM = Path(__file__).parents[1] / "support/module_system"
LEDGER = "{ phase = 1; outputs = { }; vars = { }; }"
NIXPKGS = "github:NixOS/nixpkgs/nixos-unstable"
STAND_IN = """{
  outputs = { self }: {
    lib = import ./lib;
    legacyPackages.x86_64-linux = let
      derivation = name: script: builtins.derivation {
        inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" script ];
      };
    in {
      writeText = name: text: derivation name "echo '${text}' > $out";
      runCommand = name: env: script: derivation name "echo ${name} > $out";
      dockerTools.buildLayeredImage = image: derivation "${image.name}.tar.gz" "echo image > $out";
    };
  };
}
"""
"""What the pages use of nixpkgs, which tests cannot fetch."""


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Shown:
    return request.param  # type: ignore[no-any-return]


def names(shown: Shown) -> str:
    return f"{shown.page}-{SHOWN.index(shown)}"


def written(shown: Shown, project: Project) -> Project:
    for name, text in shown.files.items():
        path = project.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(NIXPKGS, "path:./nixpkgs"))
    if any(NIXPKGS in text for text in shown.files.values()):
        shutil.copytree(MODULE_SYSTEM, project.directory / "nixpkgs/lib")
        (project.directory / "nixpkgs/flake.nix").write_text(STAND_IN)
    project.env["PATH"] = f"{NIVIS.parent}:{project.env['PATH']}"
    return project


def typed(command: str, project: Project) -> subprocess.CompletedProcess[str]:
    argv = ["bash", "-c", command]
    where: dict[str, Any] = {"cwd": project.directory, "env": project.env, "stdin": subprocess.DEVNULL}
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, **where)


@pytest.mark.parametrize("shown", [s for s in SHOWN if s.steps], ids=names, indirect=True)
def test_what_the_page_shows_is_what_comes_out(shown: Shown, project: Project, adopt: bool) -> None:
    written(shown, project)
    for step in shown.steps:
        done = typed(step.command, project)
        if adopt and not same(step.output, done.stdout):
            rewrite(shown.page, step, done.stdout)
        else:
            assert same(step.output, done.stdout), f"$ {step.command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("shown", [s for s in SHOWN if not s.steps], ids=names, indirect=True)
def test_the_flake_evaluates(shown: Shown, project: Project) -> None:
    """Where providers would have to be fetched: Nix evaluates the flake, and the IR is checked whole."""
    written(shown, project)
    argv = ["nix", "eval", "--json", "--no-write-lock-file", "--override-input", "nivis", f"path:{LIBRARY}"]
    argv += [
        "--extra-experimental-features",
        "nix-command flakes",
        "path:.#nivis.plan",
        "--apply",
        f"plan: plan {LEDGER}",
    ]
    done = subprocess.run(argv, cwd=project.directory, env=project.env, capture_output=True, text=True, check=True)
    ir = decode.decode(json.loads(done.stdout))
    assert ir.resources


def test_programs_on_pages_are_typed_to_the_last_value(tmp_path: Path) -> None:
    for shown in SHOWN:
        for name, text in shown.files.items():
            if name.endswith(".py"):
                (tmp_path / name).write_text(text)
    asked = "from nivis_tofu import Project\nreveal_type([c.phase for c in Project().plan().changes])\n"
    (tmp_path / "asked.py").write_text(f"{asked}reveal_type(Project().apply().outputs)\nProject().plan(targets='x')\n")
    cache = Path(nivis_tofu.__file__).parents[1] / ".mypy_cache"
    argv = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(cache),
        *map(str, sorted(tmp_path.glob("*.py"))),
    ]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    told = [line.partition(": ")[2] for line in done.stdout.splitlines() if "Revealed" in line or "error:" in line]
    assert told == [
        'note: Revealed type is "list[int]"',
        'note: Revealed type is "nivis_tofu.core.run_result.OutputValues"',
        'error: Unexpected keyword argument "targets" for "plan" of "Project"; did you mean "target"?  [call-arg]',
    ]
    assert "Found 1 error in 1 file" in done.stdout


def test_flakes_that_are_tested_elsewhere_are_the_same() -> None:
    (flake,) = (s.files["flake.nix"] for s in SHOWN if s.page == "tutorials/aws.md")
    assert flake == (Path(__file__).parents[2] / "examples/tutorial/flake.nix").read_text()
