"""Several stacks of one flake, as a user runs them: order, staleness, secrets, failures, and what is refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project, Result

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    data = name: input: more: lib.mkResource {
      provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; } // more;
    };
    stack = resources: outputs: ledger: lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      inherit resources outputs ledger;
    };
  in { nivis.stacks = { @stacks@ }; };
}
"""
NETWORK = """
  network = let vpc = data "vpc" "@cidr@" { triggers_replace = "@cidr@"; }; in stack [ vpc ] {
    vpc = vpc.refAttr "id";
    zones = [ "a" "b" ];
    token = { value = "s3cr3t-t0ken"; sensitive = true; };
  };
"""
APP = """
  app = let net = lib.stack "network"; web = data "web" (lib.str [ "in " (net.refAttr "vpc") ]) { }; in stack [
    web
    (data "key" (lib.str [ "key " (net.refAttr "token") ]) { })
    (lib.whenKnown { inputs.zones = net.refAttr "zones"; resources = { zones }: map (z: data "z_${z}" z { }) zones; })
  ] { web = web.refAttr "output"; };
"""
LOG = """ log = stack [ (data "log" "x" { }) ] { }; """


@pytest.fixture
def project(tmp_path: Path, tofu_exe: Path) -> Project:
    return write(Project(tmp_path, tofu_exe))


def write(project: Project, cidr: str = "10.0.0.0/16", stacks: str = NETWORK + APP + LOG) -> Project:
    text = FLAKE.replace("@stacks@", stacks).replace("@cidr@", cidr)
    (project.directory / "flake.nix").write_text(text)
    return project


def addresses(project: Project, stack: str) -> set[str]:
    """What is in the state of a stack, read from the file."""
    path = project.directory / f"nivis.{stack}.state.json"
    if not path.exists():
        return set()
    return {r["name"] for r in json.loads(path.read_text())["resources"]}


def summary(result: Result) -> dict[str, str]:
    """Stack -> what its line at the end says."""
    rows = [row[3:].partition(": ") for row in result.stdout.splitlines() if row[:3] in (" ✓ ", " ✗ ", " - ", " ? ")]
    return {name: said for name, _, said in rows if "." not in name}


def test_from_nothing_to_nothing(project: Project) -> None:
    assert project.run("stacks", "list").ok().stdout == "log\nnetwork\napp (uses network)\n"

    # One alone goes as far as it can, and says whom it waits for.
    alone = project.run("apply", "--stack", "app").fails("run `nivis --stack network apply` first", code=3)
    assert "stack.network.vpc" in alone.stderr
    assert addresses(project, "app") == set()

    waits = project.run("plan", "--stack", "app").ok().stderr
    assert "waits for stack.network.token, stack.network.vpc, stack.network.zones. The stack network has no" in waits

    planned = project.run("stacks", "plan", "--diff", "--detailed-exitcode")
    assert planned.code == 2
    assert "known after stack network" in planned.stdout
    assert summary(planned)["network"] == "1 to add, 0 to change, 0 to destroy"

    applied = project.run("stacks", "apply").ok()
    assert summary(applied) == {
        "log": "1 added, 0 changed, 0 destroyed",
        "network": "1 added, 0 changed, 0 destroyed",
        "app": "4 added, 0 changed, 0 destroyed",
    }
    assert addresses(project, "app") == {"web", "key", "z_a", "z_b"}
    for shown in (planned, applied):
        assert "s3cr3t-t0ken" not in shown.stdout + shown.stderr
    assert not [p for p in project.directory.rglob(".nivis/stacks/app/**/*.tf.json") if "s3cr3t" in p.read_text()]

    again = project.run("stacks", "plan", "--detailed-exitcode").ok()
    assert set(summary(again).values()) == {"no changes"}
    outputs = json.loads(project.run("stacks", "output", "app", "--json").ok().stdout)
    assert outputs["app"]["web"]["value"].startswith("in ")

    # A change upstream reaches who uses it, in the plan and in the apply, and nobody else.
    write(project, "10.9.0.0/16")
    changed = project.run("stacks", "plan", "--diff").ok()
    assert summary(changed) == {
        "log": "no changes",
        "network": "1 to add, 0 to change, 1 to destroy",
        "app": "0 to add, 1 to change, 0 to destroy",
    }
    assert "known after stack network" in changed.stdout
    assert summary(project.run("stacks", "apply").ok())["app"] == "0 added, 1 changed, 0 destroyed"
    assert set(summary(project.run("stacks", "plan").ok()).values()) == {"no changes"}

    # What others use stays.
    for line in (("stacks", "destroy", "network"), ("destroy", "--stack", "network")):
        project.run(*line).fails("A stack that is still used", "`app` uses outputs of `network`")
    assert addresses(project, "network") == {"vpc"}
    gone = project.run("stacks", "destroy", "network", "--with-dependents").ok()
    assert list(summary(gone)) == ["app", "network"]
    assert (addresses(project, "app"), addresses(project, "network"), addresses(project, "log")) == (
        set(),
        set(),
        {"log"},
    )


def test_a_failure_stops_only_what_depends_on_it(project: Project) -> None:
    broken = NETWORK.replace('vpc = vpc.refAttr "id";', 'vpc = throw "no such vpc";')
    write(project, stacks=broken + APP + LOG)
    result = project.run("stacks", "apply", "--parallel", "1").fails("no such vpc")
    assert summary(result) == {
        "log": "1 added, 0 changed, 0 destroyed",
        "network": "failed: no such vpc",
        "app": "not started, waits for network",
    }
    document = json.loads(project.run("stacks", "apply", "--json", "-json-into=all.json").stdout)
    assert json.loads((project.directory / "all.json").read_text()) == document
    assert {s["stack"]: s["state"] for s in document["stacks"]} == {
        "log": "done",
        "network": "failed",
        "app": "not started",
    }
    write(project)
    project.run("stacks", "apply").ok()
    assert addresses(project, "app") == {"web", "key", "z_a", "z_b"}


def test_the_company_in_miniature(tmp_path: Path, tofu_exe: Path) -> None:
    """The example: what it looks like before there is any cloud. Neither credentials nor a backend are needed for it."""
    example = Path(__file__).parents[2] / "examples" / "company" / "flake.nix"
    (tmp_path / "flake.nix").write_text(example.read_text())
    project = Project(tmp_path, tofu_exe)
    listed = json.loads(project.run("stacks", "list", "--json").ok().stdout)["stacks"]
    assert [s["name"] for s in listed][:4] == ["dev-data", "dev-network", "prod-data", "prod-network"]
    assert {s["name"]: s["uses"] for s in listed if s["name"].startswith("dev-") and s["uses"]} == {
        "dev-reports": ["dev-data"],
        "dev-search": ["dev-network"],
        "dev-shop": ["dev-data", "dev-network"],
    }
    assert {s["state"] for s in listed} == {"backend s3"}


def test_only_what_a_change_has_reached(project: Project) -> None:
    def git(*line: str) -> None:
        who = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run([*who, *line], cwd=project.directory, check=True, stdout=subprocess.DEVNULL)

    git("init", "-q")
    git("add", "flake.nix")
    git("commit", "-q", "-m", "one")
    listed = ("stacks", "list", "--affected", "HEAD")
    assert project.run(*listed).ok().stdout == ""
    assert project.run("stacks", "plan", "--affected", "HEAD").ok().stdout == "No stack is affected.\n"

    # A remark and another order of lines change nothing.
    write(project, stacks="# a remark\n" + LOG + APP + NETWORK)
    assert project.run(*listed).ok().stdout == ""
    # Who uses what has changed is reached too; who stands beside it is not.
    write(project, "10.9.0.0/16")
    assert project.run(*listed).ok().stdout == "network\napp (uses network)\n"
    write(project, stacks=NETWORK + APP + LOG.replace('"x"', '"y"') + ' fresh = stack [ (data "f" "f" { }) ] { };')
    assert project.run(*listed).ok().stdout == "fresh\nlog\n"
    planned = project.run("stacks", "plan", "log", "app", "--affected", "HEAD").ok()
    assert list(summary(planned)) == ["log"]
    project.run("stacks", "plan", "--affected", "nosuch").fails("No such revision")


def test_states_are_apart_and_may_be_used_at_once(project: Project) -> None:
    many = " ".join(f's{n} = stack [ (data "d" "{n}" {{ }}) ] {{ }};' for n in range(4))
    write(project, stacks=many)
    project.run("stacks", "apply", "--parallel", "4").ok()
    for n in range(4):
        state = json.loads((project.directory / f"nivis.s{n}.state.json").read_text())
        assert state["resources"][0]["instances"][0]["attributes"]["input"]["value"] == str(n)
    assert not [p.name for p in project.directory.iterdir() if p.name.startswith(("nivis_", ".terraform", "terraform"))]


@pytest.mark.parametrize(
    ("stacks", "line", "said"),
    [
        (NETWORK + APP, ("stacks", "plan", "ap"), ("No such stack", "Did you mean `app`?")),
        (NETWORK + APP, ("plan", "--stack", "netwerk"), ("`nivis.stacks.netwerk`", "nivis.stacks.network")),
        (APP, ("stacks", "plan"), ("No such stack", "`app` uses the outputs of `network`")),
        (APP.replace('"network"', '"app"'), ("stacks", "plan"), ("Stacks that wait for each other", "app -> app")),
        (NETWORK + APP.replace('"vpc"', '"vcp"'), ("apply", "--stack", "app"), ("has no outputs yet",)),
        (NETWORK, ("plan",), ("The flake has stacks", "network", "nivis stacks plan")),
    ],
)
def test_what_is_refused(project: Project, stacks: str, line: tuple[str, ...], said: tuple[str, ...]) -> None:
    write(project, stacks=stacks)
    project.run(*line).fails(*said, code=3 if said[0].startswith("has no") else 1)


def test_a_misspelt_output_is_named_with_the_nearest(project: Project) -> None:
    write(project, stacks=NETWORK + APP.replace('refAttr "vpc"', 'refAttr "vcp"'))
    project.run("apply", "--stack", "network").ok()
    project.run("apply", "--stack", "app").fails("The stack network has no output `vcp`; did you mean `vpc`?", code=3)


COPY = """ copy = let net = lib.stack "network"; in stack [
    (lib.whenKnown { inputs.t = net.refAttr "token"; resources = { t }: [ (data "copy" "of ${t}" { }) ]; })
  ] { };
"""


def test_what_a_group_makes_of_a_secret_of_another_stack_stands_in_no_module(project: Project) -> None:
    write(project, stacks=NETWORK + COPY)
    project.run("apply", "--stack", "network").ok()
    project.run("apply", "--stack", "copy").ok()
    work = project.directory / ".nivis/stacks/copy/work"
    assert "s3cr3t-t0ken" in (work / "nivis.auto.tfvars.json").read_text()
    assert "s3cr3t-t0ken" not in (work / "main.tf.json").read_text()
    project.run("plan", "--stack", "copy", "-detailed-exitcode").ok()
