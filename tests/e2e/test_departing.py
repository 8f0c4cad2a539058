"""Dependants that go first in a replacement: in the right order, and with their destroy-time provisioners."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """
  res = name: config: lib.mkResource { provider = "terraform"; type = "terraform_data"; inherit name config; };
  log = name: when: { local-exec = {
    inherit when; command = lib.expr "echo ${when} ${name} \\${self.input.text} >> @log@";
  }; };
  both = name: [ (log name "create") (log name "destroy") ];
  a = res "a" { input.text = "@v@"; triggers_replace = "@v@"; provisioner = both "a"; };
  of = lib.str [ "of " (a.refAttr "id") ];
  b = res "b" {
    input = { text = "b"; list = [ of { x = a.refAttr "id"; } (lib.expr [ "<" (a.refAttr "id") ">" ]) ]; };
    triggers_replace = of; provisioner = both "b";
  };
  c = res "c" {
    input = lib.derived { inputs = [ (b.refAttr "id") ]; render = id: { text = "c"; inherit id; }; };
    triggers_replace = b.refAttr "id"; provisioner.local-exec = map (p: p.local-exec) (both "c");
  };
"""


def write(project: Project, version: str, log: Path) -> Project:
    return project.flake("ir [ a b c ] { }", let=LET.replace("@v@", version).replace("@log@", str(log)))


@pytest.mark.parametrize("kind", ["tofu", "terraform"])
def test_provisioners_of_what_goes_first(project: Project, tmp_path: Path, kind: str) -> None:
    if kind == "terraform":
        found = shutil.which("terraform")
        if found is None:
            pytest.skip("terraform is not installed")
        project.env["NIVIS_TOFU"] = found
    log = tmp_path / "log"
    write(project, "one", log).run("apply").ok()
    assert log.read_text().splitlines() == ["create a one", "create b b", "create c c"]
    log.write_text("")
    write(project, "two", log)
    assert project.run("plan").ok().stdout.count(" -/+ terraform.") == 3
    assert " ✓ terraform.terraform_data.c  replaced" in project.run("apply").ok().stdout
    # Dependants first, and made anew only behind what they depend on.
    assert log.read_text().splitlines() == [
        "destroy c c", "destroy b b", "destroy a one", "create a two", "create b b", "create c c",
    ]  # fmt: skip
    assert "No changes" in project.run("plan").ok().stdout
    log.write_text("")
    project.run("destroy").ok()
    assert log.read_text().splitlines() == ["destroy c c", "destroy b b", "destroy a two"]
