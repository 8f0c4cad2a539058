"""Cycles: nivis sees one only where the engine does, or where values that Nix has to know wait for each other."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir import graph, phases
from nivis_tofu.ir.model import IR
from nivis_tofu.project import root_module
from tests.support.lab import Lab
from tests.support.rendering import data, decode, document

pytestmark = [pytest.mark.engine]

PART = """
variable "name" {}
variable "peer" { default = "" }
resource "terraform_data" "own" { input = var.name }
resource "terraform_data" "other" { input = var.peer }
output "own" { value = terraform_data.own.output }
output "other" { value = terraform_data.other.output }
"""
FINE = {
    "locals of one block": """
        locals {
          first  = "x"  # not local.last
          last   = { deep = terraform_data.b.output, first = 1 }
          # terraform_data.b
        }
        resource "terraform_data" "a" { input = local.first }
        resource "terraform_data" "b" { input = terraform_data.a.output }
        output "o" { value = local.last }
    """,
    "names in comments and texts": """
        # terraform_data.b
        resource "terraform_data" "a" {
          input = "see terraform_data.b and $${terraform_data.b.id}" // terraform_data.b
          triggers_replace = [/* terraform_data.b.id */ <<-EOT
            terraform_data.b.output
            ${ "terraform_data.b" }
          EOT
          ]
        }
        resource "terraform_data" "b" { input = terraform_data.a.output }
    """,
    "modules that use each other": """
        module "a" {
          source = "./part"
          name = "a"
          peer = module.b.own
        }
        module "b" {
          source = "./part"
          name = "b"
          peer = module.a.own
        }
    """,
    "a module that uses its own output": """
        module "a" {
          source = "./part"
          name = "a"
          peer = "${module.a.own}!"
        }
    """,
    "a module and a resource in between": """
        module "a" {
          source = "./part"
          name = "a"
          peer = terraform_data.x.output
        }
        resource "terraform_data" "x" { input = local.from }
        locals { from = module.a.own }
    """,
    "configurations of one provider": """
        provider "terraform" {}
        provider "terraform" {
          alias = "late" # of terraform_data.a
        }
        resource "terraform_data" "a" { provider = terraform }
        resource "terraform_data" "b" {
          provider = terraform.late
          input = terraform_data.a.id
        }
    """,
    "json": {
        "locals": {"first": "x", "last": "${terraform_data.b.output}"},
        "resource": {
            "terraform_data": {
                "a": {"input": "${local.first} terraform_data.b"},
                "b": {"input": "${terraform_data.a.output}", "depends_on": ["terraform_data.a"]},
            }
        },
    },
}
CYCLES = {
    "locals": """
        locals {
          a = "${local.b}x"
          b = terraform_data.c.output
        }
        resource "terraform_data" "c" { input = [for x in [local.a] : x] }
    """,
    "inside a template": """
        resource "terraform_data" "a" { input = "%{ if terraform_data.b.id == "" }x%{ endif }" }
        resource "terraform_data" "b" {
          input = <<EOT
${terraform_data.a.id}
EOT
        }
    """,
    "depends_on, also in quotes": """
        resource "terraform_data" "a" { depends_on = ["terraform_data.b"] }
        resource "terraform_data" "b" { depends_on = [terraform_data.a] }
    """,
    "through a data source": """
        data "terraform_remote_state" "d" {
          backend = "local"
          config  = { path = terraform_data.a.output }
        }
        resource "terraform_data" "a" { input = data.terraform_remote_state.d.outputs }
    """,
    "json": {
        "locals": {"a": "${terraform_data.b.output}"},
        "resource": {"terraform_data": {"b": {"input": "${local.a}"}}},
    },
}


def joined(directory: Path, text: Any) -> IR:
    (directory / "part").mkdir()
    (directory / "part/main.tf").write_text(PART)
    if isinstance(text, str):
        (directory / "main.tf").write_text(text)
    else:
        (directory / "main.tf.json").write_text(json.dumps(text))
    return IR({}, {}, {}, foreign=root_module.read(directory).edges)


def engine(directory: Path, tofu_exe: Path) -> str:
    """What stock OpenTofu says of the directory."""
    said = ""
    for command in (["init", "-backend=false"], ["validate"]):
        done = subprocess.run([tofu_exe, *command, "-no-color"], cwd=directory, capture_output=True, text=True)
        said += done.stdout + done.stderr
    return said


@pytest.mark.parametrize("name", FINE)
def test_what_the_engine_takes_is_no_cycle(name: str, tmp_path: Path, tofu_exe: Path) -> None:
    ir = joined(tmp_path, FINE[name])
    graph.check_acyclic(ir)
    assert phases.phases(ir)
    assert "Success! The configuration is valid" in engine(tmp_path, tofu_exe)


@pytest.mark.parametrize("name", CYCLES)
def test_what_the_engine_calls_a_cycle_is_one(name: str, tmp_path: Path, tofu_exe: Path) -> None:
    ir = joined(tmp_path, CYCLES[name])
    assert "Cycle: " in engine(tmp_path, tofu_exe)
    with pytest.raises(IRError, match="Dependency cycle"):
        graph.check_acyclic(ir)


def call(name: str, peer: Any, **more: Any) -> dict[str, Any]:
    return {"id": f"module.{name}", "name": name, "source": "./part", "config": {"name": name, "peer": peer}, **more}


def native(name: str) -> Any:
    return {"__ref": {"resource": f"module.{name}", "path": ["own"]}}


def computed(name: str) -> Any:
    return {"__derived": {"inputs": [], "refs": [{"resource": f"module.{name}", "path": ["own"]}]}}


@pytest.mark.parametrize(
    ("calls", "cycle"),
    [
        ([call("a", native("b")), call("b", native("a"))], ""),
        ([call("a", native("a"))], ""),
        ([call("a", {"__expr": ["${module.b.own}"]}), call("b", {"__expr": ["${module.a.own}"]})], ""),
        ([call("a", computed("b")), call("b", native("a"))], "module.a -> module.b -> module.a"),
        ([call("a", computed("a"))], "module.a -> module.a"),
        (
            [call("a", native("b"), meta={"dependsOn": ["module.b"]}), call("b", native("a"), meta={"dependsOn": ["module.a"]})],
            "module.a -> module.b -> module.a",
        ),
    ],
)  # fmt: skip
def test_calls_of_the_flake(calls: list[dict[str, Any]], cycle: str) -> None:
    ir = decode(document(data("x", 1), modules=calls))
    if not cycle:
        graph.check_acyclic(ir)
        assert set(phases.phases(ir).values()) == {1}
        return
    with pytest.raises(IRError, match="Dependency cycle") as error:
        graph.check_acyclic(ir)
    assert cycle in error.value.diagnostics[0].detail


@pytest.mark.nix
def test_two_queues_and_a_phase_behind_them(tmp_path: Path) -> None:
    """Two modules that use each other's outputs, a local value for each way, and a value that Nix computes."""
    (tmp_path / "part").mkdir()
    (tmp_path / "part/main.tf").write_text(PART)
    lab = Lab(tmp_path)
    lab.write(
        """
      a = lib.mkModule { source = "./part"; name = "a"; config = { name = lib.expr "${local.name}"; peer = b.refAttr "own"; }; };
      b = lib.mkModule { source = "./part"; name = "b"; config = { name = "b"; peer = a.refAttr "own"; }; };
      last = td "last" { input = lib.str [ "from " (a.refAttr "other") ]; };
      shown = td "shown" { input = lib.expr "${local.late}"; };
""".replace("${", "\\${"),
        """
      resources = [ last shown ]; modules = [ a b ];
      extra.locals = { name = var.name or "one"; late = lib.str [ "late " (last.refAttr "output") ]; };
      outputs.late = lib.expr "late: ${local.late}";
""".replace("${", "\\${"),
    )
    assert lab.apply().ok().result.tally.phases == 3
    assert lab.state["last"]["output"] == "from b"
    assert lab.state["shown"]["output"] == "late from b"
    assert lab.settled()
    lab.variables["name"] = "two"
    lab.apply().ok()
    assert lab.settled()
    assert lab.state["shown"]["output"] == "late from b"
    lab.destroy().ok()
