"""The page that says what costs a phase: every row of its tables, as the plan of the engine tells it."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.project import Project
from tests.support.pages import DOCS

pytestmark = [pytest.mark.engine, pytest.mark.nix]

PAGE = (DOCS / "explanation/what-costs-a-phase.md").read_text(encoding="utf-8")
FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: {
    nivis.plan = ledger: let
      lib = nivis.lib;
      data = name: config: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name config; };
      a = data "a" { input.zone = "x"; };
    in lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [ a ROWS ];
      inherit ledger;
    };
  };
}
"""


def rows(heading: str) -> list[tuple[str, bool]]:
    """(code, does it wait?) of the table below a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [(code, answer == "yes") for code, answer in re.findall(r"^\| `(.+)` \| (yes|no) \|$", section, re.M)]


def test_what_every_row_says_is_so(project: Project) -> None:
    values, resources = rows("Values"), rows("Resources")
    assert len(values) + len(resources) + 2 * 2 == len(re.findall(r"^\|", PAGE, re.M)), "a row that is not understood"
    written = [f'(data "v{i}" {{ input = {code}; }})' for i, (code, _) in enumerate(values)]
    written += [f"({code})".replace('"r"', f'"r{i}"') for i, (code, _) in enumerate(resources)]
    (project.directory / "flake.nix").write_text(FLAKE.replace("ROWS", "\n".join(written)))
    plan = json.loads(project.run("plan", "--json").ok().stdout)
    later = {change["id"].split(".")[-1].split("[")[0] for change in plan["changes"] if change["phase"] > 1}
    said = {f"v{i}": waits for i, (_, waits) in enumerate(values)}
    said |= {f"r{i}": waits for i, (_, waits) in enumerate(resources)}
    assert {name: name in later for name in said} == said
    applied = project.run("apply").ok()
    assert "across 2 phase(s)" in applied.stdout
    assert project.run("plan").ok().stdout.startswith("No changes.")
