"""Whose state it is: of one attribute of the flake, and of the engine that is still writing it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project, stop, wait_for

A = "terraform.terraform_data.a"
TWO = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: let
    lib = nivis.lib;
    ir = names: ledger: lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = map (name: lib.mkResource {
        provider = "terraform"; type = "terraform_data"; inherit name; config.input = "x";
      }) names;
      inherit ledger;
    };
  in { nivis.plan = ir [ "a" ]; nivis.prod = ir [ "b" ]; nivis.same = ir [ "a" ]; };
}
"""
OTHER = "The state belongs to another configuration"
PROD = ("--attr", "nivis.prod")


@pytest.fixture
def two(project: Project) -> Project:
    """A flake with several plans, the first of which has been applied."""
    (project.directory / "flake.nix").write_text(TWO)
    project.run("apply").ok()
    return project


def test_another_attribute_stops_before_anything(two: Project) -> None:
    """Every verb does: tests/unit/run/test_start.py."""
    two.refused(OTHER, "`nivis.plan`", "`nivis.prod`", "--state prod.state.json", args=("apply", *PROD))
    two.run("plan", "-detailed-exitcode").ok()


def test_a_state_of_its_own_is_the_way_out(two: Project) -> None:
    before = two.state
    own = ("--state", "prod.state.json", *PROD)
    two.run("apply", *own).ok()
    two.run("plan", "-detailed-exitcode", *own).ok()
    assert two.state == before
    two.refused(OTHER, "`nivis.prod`", "`nivis.plan`", args=("apply", "--state", "prod.state.json"))
    two.run("plan", "-detailed-exitcode").ok()


def test_a_workspace_of_its_own_is_one_too(two: Project) -> None:
    two.run("workspace", "new", "prod").ok()
    two.run("apply", *PROD).ok()
    two.refused(OTHER, args=("apply",))
    two.run("workspace", "select", "default").ok()
    two.run("plan", "-detailed-exitcode").ok()
    two.refused(OTHER, args=("apply", *PROD))


def test_looking_claims_nothing(project: Project) -> None:
    (project.directory / "flake.nix").write_text(TWO)
    project.run("plan", *PROD).ok()
    project.run("apply").ok()
    (project.directory / ".nivis" / "attributes.json").unlink()
    project.run("plan", "--attr", "nivis.same", "-detailed-exitcode").ok()
    project.run("apply").ok()
    project.refused(OTHER, args=("plan", "--attr", "nivis.same"))


def test_an_empty_state_belongs_to_nobody(two: Project) -> None:
    two.run("destroy").ok()
    two.run("apply", *PROD).ok()
    two.refused(OTHER, "`nivis.prod`", args=("plan",))


def test_a_failed_run_has_claimed_it_too(project: Project) -> None:
    failing = TWO.replace(
        'config.input = "x";', 'config.input = "x"; meta.provisioner = [{ local-exec.command = "false"; }];'
    )
    (project.directory / "flake.nix").write_text(failing)
    project.run("apply").fails()
    project.refused(OTHER, args=("apply", *PROD))


# An engine whose nivis was killed.


SLOW = """a = lib.mkResource {
  provider = "terraform"; type = "terraform_data"; name = "a"; config.input = "x";
  meta.provisioner = [ { local-exec.command = "touch begun; while ! test -e go; do sleep 0.1; done"; } ];
};"""


@pytest.fixture
def orphaned(project: Project) -> Project:
    """The engine still creates `a`, for as long as there is no file `go`; its nivis is gone."""
    project.flake("ir [ a ] { }", let=SLOW.replace("begun", f"'{project.directory}/begun'").replace(
        "-e go", f"-e '{project.directory}/go'"))  # fmt: skip
    process = project.start("apply")
    try:
        wait_for((project.directory / "begun").exists, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    finally:
        stop(process)
    return project


def engine_of(project: Project) -> int:
    from nivis_tofu.system import process

    return process.outlived(project.directory / ".nivis") or 0


def test_every_verb_that_acts_notices_the_engine(orphaned: Project) -> None:
    pid = engine_of(orphaned)
    assert pid
    try:
        for verb in (
            "destroy",
            "apply",
            "plan",
            "refresh",
            "taint a",
            "state rm a",
            "import a b",
            "init",
            "workspace new x",
        ):
            said = orphaned.run(*verb.split()).fails(
                "An engine is still at work", f"process {pid}", "--lock-timeout 5m"
            )
            assert said.stdout == ""
        orphaned.run("destroy", "--lock-timeout", "1s").fails("An engine is still at work")
        orphaned.run("state", "list").ok()
        waiting = orphaned.start("destroy", "--lock-timeout", "60s")
        assert waiting.stderr
        assert "waiting for the engine of a run that was killed" in waiting.stderr.readline()
    finally:
        (orphaned.directory / "go").touch()
    assert waiting.communicate(timeout=60)[0] == f"Destroyed 1 resource(s):\n - {A}\n"
    assert not engine_of(orphaned)


def test_the_number_of_another_process_stops_nobody(project: Project) -> None:
    project.chain().run("apply").ok()
    note = project.directory / ".nivis" / "engine.json"
    assert not note.exists()
    damaged = ["", "3", "{}", "[" * 100_000, '{"pid": "x", "born": "1"}', '{"pid": -1, "born": ""}']
    for text in (f'{{"pid": {os.getpid()}, "born": "1"}}', '{"pid": 4194303, "born": "1"}', *damaged):
        note.write_text(text)
        project.run("plan", "-detailed-exitcode").ok()


def test_nothing_to_destroy_is_said_only_when_nobody_is_making_it(project: Project, tmp_path: Path) -> None:
    project.chain().run("destroy").ok()
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "main.tf").write_text(
        f'terraform {{\n  backend "local" {{\n    path = "{project.directory}/nivis.state.json"\n  }}\n}}\n'
        'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n'
        '    command = "touch begun; while ! test -e go; do sleep 0.1; done"\n  }\n}\n'
    )
    subprocess.run([project.tofu, "init"], cwd=plain, env=project.env, check=True, capture_output=True)
    stock = subprocess.Popen(
        [project.tofu, "apply", "-auto-approve"],
        cwd=plain, env=project.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        wait_for((plain / "begun").exists, stock)
        project.run("destroy").fails("Error acquiring the state lock")
        (plain / "go").touch()
        waited = project.run("destroy", "--lock-timeout", "60s")
        assert "Nothing to destroy" not in waited.stdout
    finally:
        (plain / "go").touch()
        stock.communicate(timeout=60)
