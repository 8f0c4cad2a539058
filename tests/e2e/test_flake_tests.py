"""`nivis test`: the flake's own tests, played without an engine; then those of the engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.nix]

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    data = name: input: lib.mkResource {
      provider = "terraform"; type = "terraform_data"; inherit name; config = { inherit input; };
    };
    ir = ledger: resources: more: lib.toIR ({
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      providers.cloud = lib.mkProvider { source = "example.com/x/cloud"; };
      inherit resources ledger;
    } // more);
    cloud = name: config: lib.mkResource { provider = "cloud"; type = "cloud_net"; inherit name config; };
    hosts = ledger: let
      vars = lib.mkVars {
        count = { type = "int"; default = 3; };
        password = { type = "str"; default = "none"; sensitive = true; };
      } ledger.vars;
      network = data "network" "10.20.0.0/16";
      subnet = data "subnet" (lib.derived {
        inputs = [ (network.refAttr "id") ]; render = v: "net-${builtins.substring 0 8 (builtins.head v)}";
      });
      group = lib.whenKnown {
        name = "hosts"; inputs = [ (subnet.refAttr "output") ];
        resources = v: builtins.genList (n: data "host-${toString n}" "${builtins.head v}-${toString n}") vars.count;
      };
      secret = data "secret" (lib.str [ "pw " vars.password ]);
    in ir ledger [ network subnet group secret ] { outputs.label = subnet.refAttr "output"; };
  in {
    nivis.plan = hosts;
    @more@
    nivis.tests = { @tests@ };
  };
}
"""
HOSTS = """
  hosts = {
    outputs."terraform.terraform_data.network".id = "abcdefgh-1";
    check = { resources, outputs, phases }: [
      { name = "label"; ok = outputs.label == "net-abcdefgh"; message = outputs.label; }
      { name = "phases"; ok = phases == 3 && resources."terraform.terraform_data.host-2".phase == 3; }
      { name = "config"; ok = resources."terraform.terraform_data.host-2".config.input == "net-abcdefgh-2"; }
    ];
  };
"""


@pytest.fixture
def project(tmp_path: Path, tofu_exe: Path) -> Project:
    return Project(tmp_path, tofu_exe)


def write(project: Project, tests: str, more: str = "") -> Project:
    (project.directory / "flake.nix").write_text(FLAKE.replace("@tests@", tests).replace("@more@", more))
    return project


def test_a_check_that_holds_and_one_that_does_not(project: Project) -> None:
    """And none of it needs an engine."""
    project.env |= {"NIVIS_TOFU": "/nowhere/tofu", "HOME": str(project.directory)}
    two = (
        HOSTS
        + """
      two = { vars.count = 2; check = { resources, ... }: [
        { name = "three"; ok = resources ? "terraform.terraform_data.host-2"; message = "got\\n${toString (builtins.length (builtins.attrNames resources))}"; }
      ]; };
    """
    )
    done = write(project, two).run("test", "--junit", "report.xml")
    assert done.stdout.splitlines() == [
        " ✓ hosts: label",
        " ✓ hosts: phases",
        " ✓ hosts: config",
        " ✗ two: three",
        "   got",
        "   5",
        "3 passed, 1 failed",
    ]
    assert (done.code, done.stderr) == (1, "")
    suite = ElementTree.parse(project.directory / "report.xml").getroot()[0]
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors")} == {
        "tests": "4", "failures": "1", "errors": "0",
    }  # fmt: skip
    assert [failure.text for failure in suite.iter("failure")] == ["got\n5"]
    (project.directory / "below").mkdir()
    subprocess.run(["git", "init", "-q", str(project.directory)], check=True)
    subprocess.run(["git", "-C", str(project.directory), "add", "flake.nix"], check=True)
    below = project.run("test", "hosts", cwd=project.directory / "below").ok()
    assert below.stdout.endswith("config\n3 passed\n")
    assert below.stderr.count("The project is") == 1
    document = json.loads(project.run("test", "two", "--json", "--junit=report.xml").stdout)
    assert (document["version"], document["passed"], document["failed"]) == (1, 0, 1)
    assert document["checks"] == [{"test": "two", "name": "three", "ok": False, "message": "got\n5"}]
    project.run("test", "tow").fails("No such test", "Did you mean `two`?")
    project.run("test", "--junit", "flake.nix").fails("Nothing can be written there")


ERRORS = """
  cycle.plan = ledger: let a = data "a" (lib.str [ "x" (b.refAttr "id") ]); b = data "b" (a.refAttr "id"); in ir ledger [ a b ] { };
  late.plan = ledger: let a = data "a" 1; b = data "b" (lib.str [ (a.refAttr "id") ]);
    in ir ledger [ a b (data "c" (lib.derived { inputs = [ (b.refAttr "id") ]; render = v: throw "phase three"; })) ] { };
  swings.plan = ledger: let o = ledger.outputs."terraform.terraform_data.a" or { input = 1; };
    in ir ledger [ (data "a" (if o.input == 1 then 2 else 1)) ] { };
  lost.plan = ledger: ir ledger [ (data "a" (lib.str [ (lib.ref "terraform.terraform_data.b" "id") ])) ] { };
  hidden = { vars.count = "many hunter22"; vars.password = "hunter22"; };
  stranger.outputs."terraform.terraform_data.netwrok".id = "x";
  check.check = { outputs, ... }: [ { name = "x"; ok = outputs.nope; } ];
  odd.check = _: { };
  shape.vras = 1;
  thrown = throw "not even a test";
  fine = { };
"""


def test_what_fails_a_run_fails_the_test_in_the_same_words(project: Project) -> None:
    done = write(project, ERRORS).run("test")
    text = " ".join(done.stdout.split())
    for said in (
        "✗ cycle: converges error: Dependency cycle",
        "✗ late: converges error: phase three at flake.nix:",
        "✗ swings: converges error: The configuration does not converge",
        "✗ lost: converges error: Reference to something that is not declared",
        "✗ stranger: converges error: A test fixes outputs of nothing",
        "Did you mean `terraform.terraform_data.network`?",
        "✗ check: checks error: attribute 'nope' missing at flake.nix:",
        "✗ odd: checks error: nivis: `check` returns a list of { name, ok, message }, and not set",
        "✗ shape: converges error: A malformed test",
        "✗ thrown: converges error: not even a test",
        "✓ fine: converges",
        "1 passed, 10 failed",
    ):
        assert said in text, f"{said}\n{done.stdout}"
    assert "hunter22" not in done.stdout + done.stderr
    assert done.code == 1


WILD = """
  names = {
    plan = ledger: let net = cloud "net" { name = "n"; };
      in ir ledger [ net (data "web" (lib.derived { inputs = [ (net.refAttr "label") ]; render = v:
        if builtins.match ".*\\".*" (builtins.head v) != null then throw "a quote" else builtins.head v; })) ] { };
    check = { resources, ... }: [
      { name = "name"; ok = resources."cloud.cloud_net.net".outputs.name == "n"; }
    ];
  };
"""


def test_random_values_find_what_fixed_ones_do_not_and_a_seed_repeats_them(project: Project) -> None:
    done = write(project, WILD).run("test", "--random", "40")
    first, failed, *why, last = done.stdout.splitlines()
    assert first == " ✓ names: name"
    assert failed == " ✗ names: converges"
    assert (last, done.code) == ("1 passed, 1 failed", 1)
    assert any("a quote" in line for line in why)
    value = next(line for line in why if line.startswith("   cloud.cloud_net.net.label = "))
    assert '\\"' in value
    seed = why[-1].partition("--seed ")[2].split("`")[0]
    again = project.run("test", "names", "--seed", seed)
    assert value in again.stdout.splitlines()
    assert again.stdout == project.run("test", "names", "--random=1", f"--seed={seed}").stdout
    assert json.loads(project.run("test", "--seed", seed, "--json").stdout)["checks"][1]["seed"] == int(seed)


STACKS = """
  nivis.stacks.network = ledger: ir ledger [ ] { outputs.vpc = "vpc-1"; };
  nivis.stacks.app = ledger: let net = lib.stack "network"; in ir ledger [
    (data "web" (lib.str [ "in " (net.refAttr "vpc") ]))
  ] { outputs.zone = net.refPath [ "zones" 1 "name" ]; };
"""
OF_STACK = """
  app = {
    stack = "app";
    outputs."stack.network".vpc = "vpc-7";
    check = { resources, outputs, phases }: [
      { name = "web"; ok = resources."terraform.terraform_data.web".config.input == "in vpc-7"; }
      { name = "zone"; ok = builtins.isString outputs.zone && phases == 1; message = builtins.toJSON outputs; }
    ];
  };
  gone.stack = "apq";
"""


def test_a_stack_is_tested_with_made_up_outputs_of_the_others(project: Project) -> None:
    write(project, OF_STACK + HOSTS, STACKS)
    done = project.run("test", "app", "gone")
    assert done.stdout.splitlines()[:2] == [" ✓ app: web", " ✓ app: zone"]
    assert "The flake does not provide `nivis.stacks.apq`" in done.stdout
    assert "Did you mean `nivis.stacks.app`?" in done.stdout
    assert project.run("test", "--stack", "app").ok().stdout.splitlines()[-1] == "2 passed"
    assert project.run("test", "--attr", "nivis.stacks.network", "x").fails("does not provide `nivis.stacks.tests`")


@pytest.mark.engine
def test_the_engines_own_tests_run_after_those_of_the_flake(project: Project) -> None:
    write(project, HOSTS)
    flake = project.directory / "flake.nix"
    flake.write_text(
        flake.read_text().replace('source = "example.com/x/cloud"', 'source = "terraform.io/builtin/terraform"')
    )
    (project.directory / "tests").mkdir()
    (project.directory / "tests" / "one.tftest.hcl").write_text(
        'run "named" {\n  command = plan\n  assert {\n    condition = terraform_data.network.input == "x"\n    error_message = "never"\n  }\n}\n'
    )
    done = project.run("test")
    ours, _, theirs = done.stdout.partition("3 passed\n")
    assert ours.count("✓") == 3
    assert "one.tftest.hcl" in theirs
    assert "1 failed" in theirs
    assert done.code == 1
    project.run("test", "hosts").ok()
    assert (
        "Success!"
        in project.run("test", "-filter=tests/other.tftest.hcl").stdout
        + project.run("test", "hosts", "-filter", "tests/none.tftest.hcl").stderr
    )
    lines = project.run("test", "-json").stdout.splitlines()
    assert all(json.loads(line)["@level"] for line in lines)
    assert json.loads(project.run("test", "--json").stdout)["passed"] == 3


@pytest.mark.engine
def test_without_tests_the_engines_run_as_ever_and_without_any_it_is_said(project: Project) -> None:
    project.chain()
    project.run("test").fails("There are no tests", "nivis.tests.NAME.check")
    (project.directory / "one.tftest.hcl").write_text('run "x" {\n  command = plan\n}\n')
    assert "1 passed" in project.run("test", "-verbose").ok().stdout
    lines = project.run("test", "--json", "--junit", "empty.xml").ok().stdout.splitlines()
    assert all(json.loads(line)["@level"] for line in lines)
    assert 'tests="0"' in (project.directory / "empty.xml").read_text()
    elsewhere = project.directory / "plain"
    elsewhere.mkdir()
    (elsewhere / "main.tf").write_text('variable "v" {}\noutput "o" {\n  value = var.v\n}\n')
    (elsewhere / "one.tftest.hcl").write_text('run "x" {\n  command = plan\n}\n')
    assert "1 passed" in project.run("test", "-var", "v=1", cwd=elsewhere, env={"HOME": os.environ["HOME"]}).ok().stdout


ROOT = Path(__file__).parents[2]
SHIPPED = sorted({p.parent for p in (*ROOT.glob("templates/*/flake.nix"), *ROOT.glob("examples/*/flake.nix"))})


@pytest.mark.parametrize("place", [p for p in SHIPPED if p.name != "tutorial"], ids=lambda p: p.name)
def test_what_we_ship_has_tests_and_they_pass(project: Project, place: Path) -> None:
    """But for the tutorial, whose text is part of its page."""
    shutil.copytree(place, project.directory, dirs_exist_ok=True)
    flake = project.directory / "flake.nix"
    if "nixpkgs" in place.name:  # which tests cannot fetch
        shutil.copytree(ROOT / "tests/support/module_system", project.directory / "nixpkgs/lib")
        (project.directory / "nixpkgs/flake.nix").write_text("{ outputs = { self }: { lib = import ./lib; }; }")
        flake.write_text(flake.read_text().replace("github:nix-community/nixpkgs.lib", "path:./nixpkgs"))
    assert project.run("test").ok().stdout.endswith(" passed\n")
