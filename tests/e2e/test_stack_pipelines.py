"""The pipeline of GitLab, executed job by job, each in a checkout of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import NIVIS, Project
from tests.e2e.test_stacks import FLAKE

pytestmark = [pytest.mark.engine, pytest.mark.nix]

STACKS = """
  network = let vpc = data "vpc" "@cidr@" { }; in stack [ vpc ] { vpc = vpc.refAttr "output"; };
  data = let n = lib.stack "network"; db = data "db" (lib.str [ "db in " (n.refAttr "vpc") ]) { }; in
    stack [ db ] { db = db.refAttr "output"; };
  app = let n = lib.stack "network"; d = lib.stack "data"; in
    stack [ (data "web" (lib.str [ (d.refAttr "db") ", web in " (n.refAttr "vpc") ]) { }) ] { };
"""


class Forge:
    """A repository with a flake in a directory of it; states outlive the checkouts."""

    def __init__(self, directory: Path, tofu: Path) -> None:
        self.repository, self.states, self.checkouts = (directory / n for n in ("repository", "states", "checkouts"))
        self.artifacts = directory / "artifacts"
        self.project = Project(self.repository / "infra", tofu)
        self.project.directory.mkdir(parents=True)
        self.project.env["PATH"] = f"{NIVIS.parent}:{self.project.env['PATH']}"
        self.ran: list[str] = []

    def write(self, cidr: str, *, local: bool = False) -> None:
        text = FLAKE.replace("@stacks@", STACKS).replace("@cidr@", cidr)
        if not local:
            # One function for all stacks does not know whose it is: the resources tell.
            place = f'backend = {{ type = "local"; path = "{self.states}/${{(builtins.head resources).name}}"; }};'
            text = text.replace("inherit resources outputs ledger;", f"inherit resources outputs ledger; {place}")
        (self.project.directory / "flake.nix").write_text(text)

    def commit(self) -> None:
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
        for line in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run([*git, *line], cwd=self.repository, check=True)

    def pipeline(self, *args: str) -> dict[str, Any]:
        found = yaml.safe_load(self.project.run("stacks", "pipeline", "--for", "gitlab", *args).ok().stdout)
        assert isinstance(found, dict)
        return found

    def run(self, pipeline: dict[str, Any]) -> dict[str, str]:
        """Every job whose needs are met -> what it printed; those that failed are not in it."""
        waiting = {n: job for n, job in pipeline.items() if isinstance(job, dict) and "script" in job}
        done: dict[str, str] = {}
        while ready := [n for n, job in waiting.items() if set(job["needs"]) <= done.keys()]:
            for name in ready:
                job = waiting.pop(name)
                checkout = self.checkouts / f"{len(self.ran)}-{name}"
                subprocess.run(["git", "clone", "-q", self.repository, checkout], check=True)
                env = {**self.project.env, "CI_PROJECT_DIR": str(checkout)}
                for variable, value in {**pipeline["variables"], **job.get("variables", {})}.items():
                    env[variable] = value.replace("$CI_PROJECT_DIR", str(checkout))
                for needed in job["needs"]:
                    shutil.copytree(self.artifacts / needed, checkout, dirs_exist_ok=True)
                script = "\n".join([*pipeline["default"]["before_script"], *job["script"]])
                result = subprocess.run(
                    ["bash", "-eo", "pipefail", "-c", script], cwd=checkout, env=env, capture_output=True, text=True
                )
                self.ran.append(name)
                if result.returncode == 0:
                    done[name] = result.stdout + result.stderr
                    self._keep(name, checkout, job.get("artifacts", {}).get("paths", ()))
        return done

    def _keep(self, name: str, checkout: Path, paths: Sequence[str]) -> None:
        (self.artifacts / name).mkdir(parents=True, exist_ok=True)
        for path in paths:
            (self.artifacts / name / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(checkout / path, self.artifacts / name / path)

    def web(self) -> str:
        found = json.loads((self.states / "web").read_text())
        return str(found["resources"][0]["instances"][0]["attributes"]["input"]["value"])


def test_the_jobs_of_gitlab_apply_what_the_stacks_say(tmp_path: Path, tofu_exe: Path) -> None:
    forge = Forge(tmp_path, tofu_exe)
    forge.write("10.0.0.0/16")
    forge.commit()
    pipeline = forge.pipeline()
    assert forge.pipeline() == pipeline
    printed = forge.run(pipeline)
    assert forge.ran == ["apply-network", "apply-data", "apply-app"]
    assert "Applied 1 resource(s)" in printed["apply-app"]
    assert forge.web() == "db in 10.0.0.0/16, web in 10.0.0.0/16"

    forge.write("10.9.0.0/16")
    forge.commit()
    # A plan downstream knows what the ones upstream are about to change, each from a job of its own.
    planned = forge.run(forge.pipeline("--verb", "plan"))
    assert " ~ terraform.terraform_data.vpc" in planned["plan-network"]
    assert "known after stack network: vpc" in planned["plan-data"]
    assert "known after stack network: vpc" in planned["plan-app"]
    assert "known after stack data: db" in planned["plan-app"]
    assert "10.9.0.0" not in "".join(path.read_text() for path in forge.artifacts.rglob("*.json"))
    assert sorted(path.name for path in forge.artifacts.rglob("*.json")) == ["data.json", "network.json"]
    # A job that fails keeps those from running that wait for it.
    (tmp_path / "states" / "db").write_text("broken")
    assert list(forge.run(pipeline)) == ["apply-network"]
    assert forge.ran[-2:] == ["apply-network", "apply-data"]
    assert forge.web() == "db in 10.0.0.0/16, web in 10.0.0.0/16"


def test_only_what_is_affected_and_a_warning_of_states_that_would_be_lost(tmp_path: Path, tofu_exe: Path) -> None:
    forge = Forge(tmp_path, tofu_exe)
    forge.write("10.0.0.0/16", local=True)
    forge.commit()
    warned = forge.project.run("stacks", "pipeline", "--for", "github").ok()
    assert "States in local files" in warned.stderr
    assert "app" in warned.stderr
    assert "--flake=infra" in warned.stdout
    assert list(forge.pipeline("--verb", "plan", "--affected", "HEAD"))[-1] == "nothing-to-do"
    # Without its users' jobs the one that changed would leave them behind.
    text = (forge.project.directory / "flake.nix").read_text()
    (forge.project.directory / "flake.nix").write_text(text.replace('"db in "', '"base in "'))
    jobs = {n: j.get("needs") for n, j in forge.pipeline("--affected", "HEAD").items() if n.startswith("apply-")}
    assert jobs == {"apply-data": [], "apply-app": ["apply-data"]}
