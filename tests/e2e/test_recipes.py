"""The recipes of docs/how-to: every command in them is run, in the order of the pipeline."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import NIVIS, Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def documents(page: str) -> Iterator[Any]:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    for found in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield yaml.safe_load(found)


@pytest.fixture
def pipeline(project: Project, tmp_path: Path) -> Project:
    """A flake with a phase to come and a backend that outlives the checkout."""
    state = tmp_path / "kept" / "x.tfstate"
    project.flake(
        f"""ir [ a b ] {{ backend = {{ type = "local"; path = "{state}"; }}; outputs.b = b.refAttr "output"; }}""",
        let="""a = data "a" "one"; b = data "b" (lib.str [ "b of " (a.refAttr "id") ]);""",
    )
    project.env["PATH"] = f"{NIVIS.parent}:{project.env['PATH']}"
    return project


def sh(project: Project, script: str) -> str:
    argv = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        argv, cwd=project.directory, env=project.env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fresh_checkout(project: Project) -> None:
    """Another machine: what is not in the repository and no artifact is gone."""
    shutil.rmtree(project.directory / ".nivis")
    shutil.rmtree(project.directory / ".terraform", ignore_errors=True)


def complete(project: Project) -> None:
    assert project.run("plan", "-detailed-exitcode").ok().stdout == "No changes. 2 resource(s) up to date.\n"


def test_atlantis(pipeline: Project) -> None:
    server, repository = documents("atlantis.md")
    pipeline.env |= {"PLANFILE": "default.tfplan", "SHOWFILE": "default.json", "WORKSPACE": "default"}
    assert repository["projects"][0]["workflow"] in server["workflows"]
    for stage in ("plan", "apply"):
        for step in server["workflows"]["nivis"][stage]["steps"]:
            sh(pipeline, step["run"])
    assert json.loads((pipeline.directory / "default.json").read_text())["complete"] is False
    complete(pipeline)


def test_pre_commit(pipeline: Project) -> None:
    (config,) = documents("pre-commit.md")
    flake = pipeline.directory / "flake.nix"
    flake.write_text(
        flake.read_text().replace("    nivis.plan =", "    nivis.tests.converges = { };\n    nivis.plan =")
    )
    subprocess.run(["git", "init", "-q"], cwd=pipeline.directory, check=True)
    subprocess.run(["git", "add", "flake.nix"], cwd=pipeline.directory, check=True)
    for hook in config["repos"][0]["hooks"]:
        sh(pipeline, hook["entry"])
        assert re.search(hook["files"], "flake.nix")
    out = pipeline.directory / ".rendered"
    assert list(json.loads((out / "main.tf.json").read_text())["resource"]["terraform_data"]) == ["a"]
    subprocess.run(
        [pipeline.tofu, "init", "-backend=false"], cwd=out, env=pipeline.env, check=True, capture_output=True
    )
    subprocess.run([pipeline.tofu, "validate"], cwd=out, env=pipeline.env, check=True, capture_output=True)
