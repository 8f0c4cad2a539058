"""The workflows as they are printed in the documentation, step by step, and the template for GitLab, job by job."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from nivis_tofu import __version__
from nivis_tofu.release.pinned import VERSION
from tests.support.forge import forge
from tests.support.http_state import http_state

pytestmark = [pytest.mark.engine, pytest.mark.nix]
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PAGE = (ROOT / "docs/how-to/github-actions.md").read_text(encoding="utf-8")
PRINTED = {y["name"]: y for y in map(yaml.safe_load, re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE))}
FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let lib = nivis.lib; in {
    nivis.plan = ledger: let
      data = name: input: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; }; };
      a = data "a" "one";
      b = data "b" (lib.str [ "from " (a.refAttr "id") ]);
    in lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [ a b ];
      @backend@
      inherit ledger;
    };
  };
}
"""
GH = """#!/bin/sh
echo "$@" >> "$RUNNER_TEMP/gh.log"
case "$1 $2" in "issue list") cat "$RUNNER_TEMP/open" 2>/dev/null || true;; esac
"""


class Runner:
    """What a hosted runner gives to `run` steps; `uses` steps of others have happened already."""

    def __init__(self, directory: Path, tofu: Path, more: dict[str, str]) -> None:
        self.project, self.temp = directory / "project", directory / "temp"
        self.project.mkdir()
        self.temp.mkdir()
        (self.project / "flake.nix").write_text(FLAKE.replace("@backend@", ""))
        for argv in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *argv], cwd=self.project, check=True)
        tools = directory / "bin"
        tools.mkdir()
        (tools / "gh").write_text(GH)
        (tools / "gh").chmod(0o755)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("NIVIS_", "TF_", "GITHUB_", "CI"))}
        self.env = {**clean, "PATH": f"{tools}:{BIN}:{os.environ['PATH']}", "NIVIS_TOFU": str(tofu), "CI": "true"}
        self.env |= {"RUNNER_TEMP": str(self.temp), "GITHUB_ACTIONS": "true", **more}
        for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"):
            self.env[name] = str(self.temp / name)
            (self.temp / name).touch()

    def step(self, script: str, **env: str) -> str:
        """As the runner does it: bash, stopped by the first failure."""
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            argv, cwd=self.project, env=self.env | env, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def workflow(self, name: str) -> dict[str, str]:
        """Run the steps of a printed workflow; step name -> stdout."""
        (job,) = PRINTED[name]["jobs"].values()
        said = {}
        for step in job["steps"]:
            if "run" in step:
                if "if" in step and "true" not in (self.temp / "GITHUB_OUTPUT").read_text():
                    continue
                said[step["name"]] = self.step(step["run"])
            elif step["uses"].startswith("wearetechnative/nivis/comment@"):
                said["comment"] = self.comment(step["with"]["file"].replace("${{ runner.temp }}", str(self.temp)))
        return said

    def comment(self, file: str) -> str:
        """The action `comment`."""
        (step,) = yaml.safe_load((ROOT / "comment/action.yml").read_text())["runs"]["steps"]
        return self.step(step["run"], COMMENT=str(ROOT / "comment/comment.py"), NAME="nivis", FILE=file)


def test_a_change_goes_from_pull_request_to_applied_and_drift_is_found(tmp_path: Path, tofu_exe: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    with forge() as hub:
        more = {"GITHUB_API_URL": hub.url, "GITHUB_REPOSITORY": "o/r", "GITHUB_EVENT_PATH": str(event)}
        runner = Runner(tmp_path, tofu_exe, {**more, "COMMENT_TOKEN": hub.token})
        assert runner.workflow("plan")["comment"] == "comment written\n"
        assert runner.comment(f"{runner.temp}/plan.md") == "comment updated\n"
        assert len(hub.bodies) == 1
        assert "terraform.terraform_data.a" in hub.bodies[0]
    said = runner.workflow("apply")
    assert said["Apply what was planned"].startswith("Applied 2 resource(s) across 2 phase(s):\n")
    assert said["Nothing is left to do"].startswith("No changes.")
    assert "terraform.terraform_data.a" in (runner.temp / "GITHUB_STEP_SUMMARY").read_text()
    assert "One issue while there is drift" not in runner.workflow("drift")
    assert not (runner.temp / "gh.log").exists()


def test_drift_becomes_one_issue(tmp_path: Path, tofu_exe: Path) -> None:
    runner = Runner(tmp_path, tofu_exe, {})
    (job,) = PRINTED["drift"]["jobs"].values()
    script = next(s["run"] for s in job["steps"] if s.get("name") == "One issue while there is drift")
    (runner.temp / "drift.txt").write_text(" ~ aws.aws_s3_bucket.demo\n")
    runner.step(script)
    (runner.temp / "open").write_text("12\n")
    runner.step(script)
    log = (runner.temp / "gh.log").read_text().splitlines()
    assert [" ".join(line.split()[:3]) for line in log if "list" not in line] == [
        "issue create --title",
        "issue edit 12",
    ]
    assert " ~ aws.aws_s3_bucket.demo\n" in (runner.temp / "issue.md").read_text()


def test_the_action_installs_nivis_and_its_engine(tmp_path: Path, tofu_exe: Path) -> None:
    """pip takes the dependencies of this environment; something that calls itself the release lies in the cache."""
    runner = Runner(tmp_path, tofu_exe, {"HOME": str(tmp_path), "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"})
    runner.env["PYTHONPATH"] = str(Path(typer.__file__).parents[1])
    engine = tmp_path / f".cache/nivis/tofu-{VERSION}/tofu"
    engine.parent.mkdir(parents=True)
    engine.write_text(f'#!/bin/sh\necho "OpenTofu v{VERSION}"\n')
    engine.chmod(0o755)
    dist = tmp_path / "dist"
    argv = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(ROOT)]
    subprocess.run(argv, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    del runner.env["NIVIS_TOFU"]
    for step in yaml.safe_load((ROOT / "setup-nivis/action.yml").read_text())["runs"]["steps"]:
        if "run" in step:
            runner.step(step["run"], VERSION="", PACKAGE=str(wheel))
    assert (runner.temp / "GITHUB_OUTPUT").read_text() == f"version={__version__}\n"
    assert (runner.temp / "GITHUB_PATH").read_text() == f"{runner.temp}/nivis/bin\n"
    (name, _, cache) = (runner.temp / "GITHUB_ENV").read_text().strip().partition("=")
    assert name == "TF_PLUGIN_CACHE_DIR"
    assert Path(cache).is_dir()


def test_the_template_for_gitlab(tmp_path: Path, tofu_exe: Path) -> None:
    template = yaml.safe_load((ROOT / "gitlab/nivis.gitlab-ci.yml").read_text())
    runner = Runner(tmp_path, tofu_exe, {})
    del runner.env["GITHUB_ACTIONS"], runner.env["GITHUB_STEP_SUMMARY"]
    backend = 'backend = { type = "http"; lock_method = "POST"; unlock_method = "DELETE"; };'
    (runner.project / "flake.nix").write_text(FLAKE.replace("@backend@", backend))
    with http_state("job-token", "gitlab-ci-token") as states, forge() as lab:
        env = runner.env
        env |= {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(runner.project), "CI_API_V4_URL": states.url}
        env |= {"CI_PROJECT_ID": "3", "CI_JOB_TOKEN": "job-token", "CI_MERGE_REQUEST_IID": "7", "NIVIS_IDENTITY": "jwt"}
        for name, value in template["variables"].items():
            env[name] = _expanded(str(value), env)
        env |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(runner.temp / "identity"), "COMMENT_TOKEN": lab.token}
        env["NIVIS_COMMENT"] = (ROOT / "comment/comment.py").as_uri()

        def job(name: str, **more: str) -> str:
            found = template[name]
            lines: list[Any] = [*template[found["extends"]]["before_script"], *found["script"]]
            return runner.step("\n".join(lines), **more)

        job("check")
        said = job("plan", CI_API_V4_URL=lab.url)
        assert "comment written" in said
        assert "terraform.terraform_data.a" in lab.bodies[0]
        assert "Applied 2 resource(s) across 2 phase(s):" in job("apply")
        job("drift")
        (path,) = states.states
        assert path == "/projects/3/terraform/state/default"
        assert (runner.temp / "identity").read_text() == "jwt"
        shutil.rmtree(runner.project / ".nivis")
        assert "no comment was written" in job("plan", COMMENT_TOKEN="")


def _expanded(text: str, env: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: env.get(found[1], ""), text)
