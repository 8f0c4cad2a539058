"""Runs that break off: what was not started, and which replacements stopped half-way, on stderr and in the report."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.nix]

TD = "terraform.terraform_data."
LET = """
  res = name: config: lib.mkResource {
    provider = "terraform"; type = "terraform_data"; inherit name config;
    meta.lifecycle.createBeforeDestroy = @cbd@;
  };
  run = command: [ { local-exec = { inherit command; }; } ];
  a = res "a" { input = "a"; triggers_replace = "@v@"; };
  b = res "b" { input = a.refAttr "id"; triggers_replace = "@v@"; provisioner = run "@run@"; };
  c = res "c" { input = b.refAttr "id"; triggers_replace = "@v@"; };
  d = res "d" { input = lib.str [ "d" (c.refAttr "id") ]; };
"""


def write(project: Project, run: str, version: str = "1", *, cbd: bool = False) -> Project:
    let = LET.replace("@run@", run).replace("@v@", version).replace("@cbd@", str(cbd).lower())
    return project.flake("ir [ a b c d ] { }", let=let)


def report(project: Project) -> dict[str, Any]:
    found = json.loads((project.directory / ".nivis/report.json").read_text())
    lists = {key: [i.removeprefix(TD) for i in found[key]] for key in ("failed", "not_started")}
    return {**lists, "half": {entry["id"].removeprefix(TD): entry["objects"] for entry in found["half_replaced"]}}


@pytest.mark.parametrize("how", ["empty state", "second run", "plan file"])
def test_dependants_of_what_failed_were_not_started(project: Project, how: str) -> None:
    if how == "second run":
        project.flake('ir [ (data "other" 1) ] { }').run("apply").ok()
    write(project, "exit 1")
    if how == "plan file":
        project.run("plan", "-out", "p").ok()
    done = project.run("apply", *(["p"] if how == "plan file" else [])).fails("failed: terraform.terraform_data.b")
    told = [line for line in done.stderr.splitlines() if line.startswith("not started: ")]
    assert told == [f"not started: {TD}c", f"not started: {TD}d"]
    assert report(project) == {"failed": ["b"], "not_started": ["c", "d"], "half": {}}


def test_what_a_destroy_did_not_come_to(project: Project) -> None:
    write(project, "true").run("apply").ok()
    flake = project.directory / "flake.nix"
    flake.write_text(flake.read_text().replace("inherit command;", 'command = "exit 1"; when = "destroy";'))
    project.run("destroy").fails("failed: terraform.terraform_data.b", "not started: terraform.terraform_data.a")
    assert report(project) == {"failed": ["b"], "not_started": ["a"], "half": {}}


@pytest.mark.parametrize(
    ("cbd", "half", "said"),
    [
        (False, {"c": "none"}, f"replaced half-way, the old object is gone and there is no new one yet: {TD}c"),
        (True, {"a": "both"}, f"replaced half-way, the new object is there and the old one still has to go: {TD}a"),
    ],
)
@pytest.mark.parametrize("how", ["failure", "^C"])
def test_a_replacement_that_stopped_half_way(
    project: Project, tmp_path: Path, how: str, cbd: bool, half: dict[str, str], said: str
) -> None:
    write(project, "true", cbd=cbd).run("apply").ok()
    begun = tmp_path / "begun"
    write(project, "exit 1" if how == "failure" else f"touch {begun}; sleep 60", "2", cbd=cbd)
    if how == "failure":
        stderr = project.run("apply").fails(said).stderr
    else:
        process = project.start("apply")
        wait_for(begun.exists, process)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
    assert said in stderr
    assert report(project)["half"] == half
    assert report(project)["not_started"] == (["d"] if not cbd else ["c", "d"])
    # The next run finishes what this one began, old objects that were left behind included.
    write(project, "true", "2", cbd=cbd).run("apply").ok()
    assert "No changes" in project.run("plan").ok().stdout


def test_no_destroy_in_a_late_phase_does_not_say_that_nothing_was_touched(project: Project) -> None:
    """Members of a group go that nobody could tell before the first phase was applied."""
    let = """
      a = data "a" 1; b = of: data "b" of;
      g = of: lib.whenKnown {
        name = "g"; inputs = [ (of.refAttr "output") ];
        resources = v: if v == [ "x" ] then [ (data "m" 1) ] else [ ];
      };
    """
    project.flake('ir [ (b "x") (g (b "x")) ] { }', let=let).run("apply").ok()
    # What the group depends on is changed in place, to a value that only the apply tells.
    late = 'let new = b (a.refAttr "id"); in ir [ a new (g new) ] { }'
    done = (
        project.flake(late, let=let)
        .run("apply", "--no-destroy")
        .fails(
            "error: The plan destroys something",
            f"`{TD}m` (delete). What the phases before it did stays; nothing of this phase was applied.",
        )
    )
    assert "Nothing was touched" not in done.stderr
    assert f" ✓ {TD}b  updated" in done.stdout
    project.run("apply", "--no-destroy").fails("Nothing was touched.")
