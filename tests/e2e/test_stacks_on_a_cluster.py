"""Stacks on the workers of a real Dask cluster: source, secrets, order, a worker that is killed, ^C."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.e2e.project import Project, wait_for
from tests.e2e.test_stacks import summary
from tests.support.collector import collecting
from tests.support.dask_cluster import Machines, machines
from tests.support.http_state import Shelf, http_state

pytestmark = [pytest.mark.engine, pytest.mark.nix]

SECRET = "c0rrect-h0rse"
FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    data = name: config: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name config; };
    stack = place: resources: outputs: ledger: lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      backend = {
        type = "http"; address = "@url@/${place}"; lock_address = "@url@/${place}/lock";
        unlock_address = "@url@/${place}/lock"; lock_method = "POST"; unlock_method = "DELETE";
      };
      inherit resources outputs ledger;
    };
  in { nivis.stacks = {
    net = ledger: let
      vars = lib.mkVars { speed.default = "0"; token.default = ""; } ledger.vars;
      vpc = data "vpc" {
        input = [ vars.speed (builtins.readFile ../shared.txt) (builtins.hashString "sha256" vars.token) ];
        triggers_replace = vars.speed;
        provisioner = [ { local-exec = [ { command = "echo begun >> @marks@; sleep ${vars.speed}; echo done >> @marks@"; } ]; } ];
      };
    in stack "net" [ vpc ] { seen = vpc.refAttr "output"; } ledger;
    app = let net = lib.stack "net"; in stack "app" [ (data "web" { input = net.refAttr "seen"; }) ] { };
    log = stack "log" [ (data "log" { input = "x"; }) ] { };
    here = ledger: (stack "here" [ (data "x" { }) ] { } ledger) // { backend = null; };
  }; };
}
"""
TAKEN = ("net", "app", "log")


@dataclass
class Company:
    """A project, the workers, and where the states are."""

    project: Project
    machines: Machines
    shelf: Shelf
    marks: Path

    def line(self, verb: str, *args: str, stacks: tuple[str, ...] = TAKEN) -> tuple[str, ...]:
        return ("stacks", verb, *stacks, "--executor", f"dask={self.machines.address}", *args)

    def applied(self) -> Company:
        """All stacks are there: each test may be the first one."""
        if set(self.shelf.states) < {f"/{stack}" for stack in TAKEN}:
            self.project.run(*self.line("apply", "--var", f"token={SECRET}")).ok()
        return self

    def begun(self) -> int:
        return self.marks.read_text().count("begun") if self.marks.exists() else 0

    def done(self) -> int:
        return self.marks.read_text().count("done")

    def input(self, stack: str) -> list[str]:
        found = json.loads(self.shelf.states[f"/{stack}"])["resources"][0]["instances"][0]["attributes"]["input"]
        return list(found["value"])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, tofu_exe: Path) -> Iterator[Company]:
    home = tmp_path_factory.mktemp("company")
    repository, marks = home / "repository", home / "marks"
    with http_state() as shelf:
        env = {"TF_HTTP_USERNAME": "nivis", "TF_HTTP_PASSWORD": shelf.password, "NIVIS_TOFU": str(tofu_exe)}
        project = Project(repository / "infra", tofu_exe, env, forks=False)
        project.directory.mkdir(parents=True)
        text = FLAKE.replace("@url@", shelf.url).replace("@marks@", str(marks))
        (project.directory / "flake.nix").write_text(text)
        (repository / "shared.txt").write_text("read from above the flake")
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
        for line in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run([*git, *line], cwd=repository, check=True)
        with machines(home / "machines", project.env) as found:
            yield Company(project, found, shelf, marks)


def runs(worker: subprocess.Popen[bytes], stack: str) -> bool:
    """Is this stack's command a child of the worker?"""
    if worker.poll() is not None:
        return False
    lines = [words(child) for child in psutil.Process(worker.pid).children()]
    return any(line[line.index("--stack") + 1] == stack for line in lines if "--stack" in line)


def words(process: psutil.Process) -> list[str]:
    """The command line of a process; of one that has ended, nothing."""
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def test_workers_run_what_is_here_in_order_and_see_no_more(company: Company) -> None:
    project = company.project
    with collecting() as collector:
        line = company.line("apply", "--var", f"token={SECRET}")
        applied = project.run(*line, env=collector.environment).ok()
    root = collector.named("nivis stacks apply")
    for stack in TAKEN:  # of the run on the worker
        (run,) = collector.below(collector.named(f"stack {stack}"))
        assert (run.name, run.trace) == ("nivis apply", root.trace)
    assert summary(applied) == dict.fromkeys(("log", "net", "app"), "1 added, 0 changed, 0 destroyed")
    assert company.input("net")[1] == "read from above the flake"
    assert company.input("app") == company.input("net")
    assert "net: terraform.terraform_data.vpc: created" in applied.stderr
    # A value that is not the default has arrived, and nobody logged it.
    for text in (company.machines.logs(), applied.stdout, applied.stderr, collector.raw.decode("utf-8", "replace")):
        assert SECRET not in text
    planned = project.run(*company.line("plan", "--var", f"token={SECRET}", "--json")).ok()
    assert {s["stack"]: s["state"] for s in json.loads(planned.stdout)["stacks"]} == dict.fromkeys(TAKEN, "done")
    assert not [
        c for s in json.loads(planned.stdout)["stacks"] for c in s["result"]["changes"] if c["action"] != "noop"
    ]


def test_a_stack_whose_worker_is_killed_is_unknown_and_is_not_run_twice(company: Company) -> None:
    process = company.applied().project.start(*company.line("apply", "--var", "speed=4", "--yes"))
    before = company.begun()
    wait_for(lambda: company.begun() > before, process)
    (busy,) = (w for w in company.machines.workers.values() if runs(w, "net"))
    busy.kill()
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert "✗ net: nobody knows what became of it" in stdout
    assert "net: the worker is gone: its command may still run" in stderr
    assert "- app: not started, waits for net" in stdout
    assert "✓ log: no changes" in stdout
    assert company.begun() == before + 1
    # What the worker had begun went on to its end, and gave the lock back.
    deadline = time.monotonic() + 60
    while company.done() < company.begun() or company.shelf.locks:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert company.input("net")[0] == "4"


def test_after_an_interrupt_what_runs_ends_in_its_own_way_and_nothing_begins(company: Company) -> None:
    line = company.line("apply", "--var", "speed=30", "--yes", stacks=("net", "app"))
    process = company.applied().project.start(*line)
    before = company.begun()
    wait_for(lambda: company.begun() > before, process)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "✗ net: failed: Interrupted" in stdout
    assert "- app: not started" in stdout
    assert not company.shelf.locks


def test_a_state_on_this_machine_is_refused_by_name(company: Company) -> None:
    refused = company.project.run(*company.line("apply", stacks=("here", "log")))
    refused.fails("States that no worker can reach", "here: the state is a local file")
