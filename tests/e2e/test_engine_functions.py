"""Functions of the engine around references: policies and user data without a phase, in phases and in one plan."""

from __future__ import annotations

import base64
import json

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

HOSTILE = 'x<"${y}%{z}\\\n\u2028é'
LET = (
    r"""
a = data "a" "x<\"\${y}%{z}\\\n"""
    "\u2028é"
    r"""";
out = a.refAttr "output";
d = lib.derived { inputs = [ out ]; render = values: "nix ${builtins.head values}"; };
"""
)
PLAN = r"""
ir [
  a
  (data "policy" (lib.jsonencode {
    Statement = [ { Resource = out; Action = "\${aws:username}<&\"\\"; n = 1; b = true; z = null; "k\${x}" = [ ]; } ];
  }))
  (data "script" (lib.interpolate [ "echo \${HOME} %{x} $" "{q} " out " $" (lib.base64encode (lib.jsonencode { o = out; })) 3 ]))
  (data "both" (lib.jsonencode { inherit d; secret = lib.sensitive "hush"; }))
  (lib.mkResource {
    provider = "terraform"; type = "terraform_data"; name = "many";
    config = { count = 2; input = lib.jsonencode { i = lib.expr "\${count.index}"; inherit out; }; };
  })
] { outputs.digest = lib.call "sha256" [ (lib.jsonencode [ out ]) ]; }
"""


@pytest.mark.parametrize("way", [(), ("--one-plan",)], ids=["phases", "one plan"])
def test_what_the_engine_writes(project: Project, way: tuple[str, ...]) -> None:
    project.flake(PLAN, let=LET)
    plan = project.run("plan", "--style", "diff", *way).ok()
    assert '"Resource\\":" + terraform.terraform_data.a.output' in plan.stdout
    assert "echo ${HOME} %{x} ${q} " in plan.stdout
    assert "hush" not in plan.stdout + plan.stderr
    done = project.run("apply", *way).ok()
    assert f"across {1 if way else 2} phase(s)" in done.stdout

    def read(name: str) -> str:
        return str(project.attributes(f"terraform_data.{name}")["input"]["value"])

    (statement,) = json.loads(read("policy"))["Statement"]
    action = '${aws:username}<&"\\'
    assert statement == {"Resource": HOSTILE, "Action": action, "n": 1, "b": True, "z": None, "k${x}": []}
    encoded = base64.b64encode(b'{"o":"x\\u003c\\"${y}%{z}\\\\\\n\\u2028\xc3\xa9"}').decode()
    assert read("script") == f"echo ${{HOME}} %{{x}} ${{q}} {HOSTILE} ${encoded}3"
    assert json.loads(read("both")) == {"d": f"nix {HOSTILE}", "secret": "hush"}
    many = next(r for r in json.loads(project.state)["resources"] if r["name"] == "many")
    assert [json.loads(i["attributes"]["input"]["value"])["i"] for i in many["instances"]] == [0, 1]
    shown = project.run("state", "show", "both").ok().stdout
    assert "input = (sensitive)" in shown
    assert "hush" not in shown
    assert project.run("plan", *way).ok().stdout.startswith("No changes.")
