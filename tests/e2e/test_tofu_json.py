"""`-json` and `-json-into` with one dash: what programs that read OpenTofu's own output get."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project, Result

pytestmark = [pytest.mark.engine, pytest.mark.nix]

JOINED = """lib.toIR { rootModule = "."; providers = {}; resources = []; inherit ledger; }"""
MAIN = """
resource "terraform_data" "a" { input = "@a@" }
resource "terraform_data" "b" {
  for_each = toset(["x", "y"])
  input    = "${terraform_data.a.id} ${each.key}"
}
resource "terraform_data" "c" { triggers_replace = "@a@" }
output "id" { value = terraform_data.a.output }
output "secret" {
  value     = "@a@"
  sensitive = true
}
"""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def lines(text: str) -> list[dict[str, Any]]:
    """Every line is an object of OpenTofu's stream."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"@level", "@message", "@module", "@timestamp"} <= line.keys() for line in found)
    return found


def comparable(text: str, verb: str = "") -> Counter[str]:
    """Lines without what differs between two runs of one engine; how often it refreshes is not told apart.

    What an apply says of its plan as a whole is left out: a run in phases has several, and says it as `apply FILE` does.
    """
    found = []
    for line in lines(UUID.sub("UUID", text)):
        of_a_plan = line.get("changes", {}).get("operation") == "plan" or any(
            "action" in output for output in line.get("outputs", {}).values()
        )
        if of_a_plan and verb in ("apply", "destroy"):
            continue
        del line["@timestamp"]
        line.get("hook", {}).pop("elapsed_seconds", None)
        line["@message"] = re.sub(r"after \d+s", "after some time", line["@message"])
        if not str(line.get("type", "")).startswith("refresh_"):
            found.append(json.dumps(line, sort_keys=True))
    return Counter(found)


@pytest.fixture
def twins(project: Project, tofu_exe: Path) -> tuple[Project, Project]:
    """The same `.tf` files, for stock OpenTofu and for nivis."""
    stock = Project(project.directory.parent / "stock", tofu_exe)
    stock.directory.mkdir()
    project.flake(JOINED)
    return stock, project


def write(projects: tuple[Project, Project], a: str) -> None:
    for one in projects:
        (one.directory / "main.tf").write_text(MAIN.replace("@a@", a))


def stock_run(project: Project, *args: str) -> Result:
    argv = [str(project.tofu), *args]
    done = subprocess.run(argv, cwd=project.directory, env=project.env, capture_output=True, text=True, timeout=120)
    return Result(done.stdout, done.stderr, done.returncode)


def test_the_stream_is_the_one_that_stock_opentofu_writes(twins: tuple[Project, Project]) -> None:
    stock, ours = twins
    write(twins, "one")
    for step in (
        "init",
        "plan",
        "apply -auto-approve",
        "plan",
        "refresh",
        "change",
        "plan -detailed-exitcode",
        "plan -target=terraform_data.a",
        "apply -auto-approve",
        "apply -auto-approve",
        "plan -destroy",
        "destroy -auto-approve",
        "plan -destroy",
    ):
        if step == "change":
            write(twins, "two")
            continue
        wanted, got = stock_run(stock, *step.split(), "-json"), ours.run(*step.split(), "-json")
        assert got.code == wanted.code, (step, got)
        if step == "init":
            assert lines(got.stdout)[0]["type"] == "version"
            assert "successfully initialized" in lines(got.stdout)[-1]["@message"]
        elif "-target" in step:
            assert comparable(wanted.stdout) >= comparable(got.stdout)  # but for the remark on targeting
        else:
            verb = step.split()[0]
            assert comparable(got.stdout, verb) == comparable(wanted.stdout, verb), step
            kinds = [line["type"] for line in lines(got.stdout)]
            assert kinds[0] == "version"
            assert kinds[-2:] == [line["type"] for line in lines(wanted.stdout)][-2:]


def test_a_run_in_phases_is_one_stream(project: Project) -> None:
    project.chain()
    told = lines(project.run("plan", "-json").ok().stdout)
    assert [line["type"] for line in told] == [
        "version",
        "planned_change",
        "planned_change",
        "change_summary",
        "outputs",
    ]
    assert [line["change"]["resource"]["addr"] for line in told[1:3]] == ["terraform_data.a", "terraform_data.b"]
    assert told[3]["changes"] == {"add": 2, "change": 0, "import": 0, "remove": 0, "forget": 0, "operation": "plan"}
    done = project.run("apply", "-json").ok()
    kinds = Counter(line["type"] for line in lines(done.stdout) if not line["type"].startswith("refresh_"))
    assert kinds == dict.fromkeys(["version", "change_summary", "outputs"], 1) | dict.fromkeys(
        ["planned_change", "apply_start", "apply_complete"], 2
    )
    assert lines(done.stdout)[-2]["changes"]["add"] == 2
    again = lines(project.run("apply", "-json").ok().stdout)
    assert again[-2]["@message"] == "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."
    # A replacement that makes a later phase wait is announced for both.
    project.chain("two")
    late = lines(project.run("plan", "-json", "-replace=terraform_data.a").ok().stdout)
    changes = {line["change"]["resource"]["addr"]: line["change"]["action"] for line in late if "change" in line}
    assert changes == {"terraform_data.a": "replace", "terraform_data.b": "update"}
    assert late[-2 if late[-1]["type"] == "outputs" else -1]["changes"]["change"] == 1


def test_errors_are_lines_too(project: Project) -> None:
    project.flake('throw "no such luck"')
    for verb in ("plan", "apply", "refresh", "destroy", "init"):
        told = lines(project.run(verb, "-json").fails("no such luck").stdout)
        assert [line["type"] for line in told] == ["version", "diagnostic"], verb
        assert told[1]["@level"] == "error"
        assert told[1]["diagnostic"]["severity"] == "error"
        assert "no such luck" in json.dumps(told[1]["diagnostic"])
    bad = """lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "x"; config.provisioner.local-exec = [
      { command = "exit 3"; } ]; }"""
    project.flake(f"ir [ a ({bad}) ] {{ }}", let='a = data "a" 1;')
    told = lines(project.run("apply", "-json").fails().stdout)
    assert told[-1]["type"] == "diagnostic"
    assert "exit status 3" in told[-1]["diagnostic"]["detail"]
    assert {"apply_complete", "apply_errored", "provision_start"} <= {line["type"] for line in told}
    assert "change_summary" not in {
        line["type"] for line in told if line.get("changes", {}).get("operation") == "apply"
    }


def test_documents(project: Project) -> None:
    project.chain().run("plan", "-out=F").ok()
    own = json.loads(project.run("show", "-json", "F").ok().stdout)
    assert own["format_version"]
    assert not {"deferred_changes", "complete"} & own.keys()
    assert {"deferred_changes", "complete"} <= json.loads(project.run("show", "--json", "F").ok().stdout).keys()
    assert json.loads(project.run("show", "-plan=F", "-json").ok().stdout) == own
    project.run("apply").ok()
    for verb in ("show", "validate", "output"):
        one = project.run(verb, "-json").ok().stdout
        assert json.loads(one) == json.loads(project.run(verb, "--json").ok().stdout)
        human = project.run(verb).ok().stdout
        assert project.run(verb, "-json-into=into.json").ok().stdout == human
        assert json.loads((project.directory / "into.json").read_text()) == json.loads(one)


def test_into_a_file(project: Project) -> None:
    project.chain()
    into = project.directory / "into.json"
    for verb in ("init", "plan", "apply", "refresh", "destroy"):
        human = project.run(verb, "-json-into=into.json").ok().stdout
        assert human
        assert not human.startswith("{")
        assert lines(into.read_text())[0]["type"] == "version", verb
        assert into.stat().st_mode & 0o077 == 0
    # Verbs whose JSON is a document of ours write that.
    project.run("apply").ok()
    for args in (
        "taint terraform_data.a",
        "untaint terraform_data.a",
        "state list",
        "workspace list",
        "state show terraform_data.a",
    ):
        shown = project.run(*args.split(), "-json-into", "into.json").ok().stdout
        assert not shown.startswith("{")
        assert json.loads(into.read_text()), args
    # Ours is another one.
    project.run("plan", "--json-into", "into.json").ok()
    assert "format_version" in json.loads(into.read_text())
