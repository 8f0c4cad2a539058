"""`adopt`: an existing OpenTofu project of some size goes on as a flake, and nothing of it changes."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from nivis_tofu.authoring import adopt, adopted_blocks
from nivis_tofu.authoring.adopt import Adopted
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import EngineError, NivisError, NixError
from nivis_tofu.core.outcome import Preview
from nivis_tofu.project import root_module
from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

MAIN = r"""
terraform {
  required_version = ">= 1.6"
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}

variable "zone" {
  type    = string
  default = "eu"
}

locals {
  prefix = "acme-${var.zone}"
  tags   = { team = "core", "cost centre" = 7 }
}

# The network comes first.
resource "terraform_data" "net" {
  input = "10.0.0.0/16"
}

resource "terraform_data" "subnet" {
  for_each = { a = 1, b = 2, c = 3 }
  input    = "${terraform_data.net.output}/${each.key}/${each.value}"
}

resource "terraform_data" "zone" {
  count = 2
  input = count.index
}

resource "terraform_data" "gateway" {
  input = terraform_data.net.id # a plain reference
}

resource "terraform_data" "route" {
  input = {
    gateway = terraform_data.gateway.output
    subnets = [for s in terraform_data.subnet : s.output]
    name    = upper("${local.prefix}-route")
    nested  = { list = [1, 2.5, -3, null, true], text = "a \"quote\", $${not} %%{this}\ttab" }
  }
  triggers_replace = [terraform_data.net.id, terraform_data.gateway.output]
}

resource "terraform_data" "script" {
  input = <<-EOT
    #!/bin/sh
    echo "hello" } {
      indented
  EOT
}

resource "terraform_data" "unit" {
  input = <<EOT
name=${local.prefix}
id=${terraform_data.script.id}
EOT
}

resource "terraform_data" "kept" {
  input      = "ü ${terraform_data.route.output.name}!"
  depends_on = [terraform_data.script, terraform_data.gateway]
  lifecycle {
    prevent_destroy = false
    ignore_changes  = [triggers_replace]
  }
}

resource "terraform_data" "checked" {
  input = "x"
  lifecycle {
    precondition {
      condition     = var.zone != ""
      error_message = "no zone"
    }
  }
}

resource "terraform_data" "renamed" { input = join(",", [terraform_data.unit.id, "z"]) }

moved {
  from = terraform_data.old_name
  to   = terraform_data.renamed
}

resource "terraform_data" "in" { input = terraform_data.subnet["a"].output }
resource "terraform_data" "lib" { input = length(terraform_data.in.id) > 0 ? terraform_data.in.output : "none" }
resource "terraform_data" "tags" { input = local.tags }

module "app" {
  source = "./modules/app"
  net    = terraform_data.net.output
  kept   = terraform_data.kept.id
}

resource "terraform_data" "after" { input = module.app.id }

output "route" { value = terraform_data.route.output }
output "app" { value = module.app.id }
"""
APP = """
variable "net" {}
variable "kept" {}
resource "terraform_data" "app" {
  count = 2
  input = "${var.net} ${var.kept} ${count.index}"
}
resource "terraform_data" "front" { input = terraform_data.app[1].id }
output "id" { value = terraform_data.front.id }
"""


def tofu(directory: Path, project: Project, *args: str) -> str:
    argv: list[str | Path] = [project.tofu, *args]
    done = subprocess.run(argv, cwd=directory, env=project.env, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def existing(project: Project) -> Project:
    """The project with a state, one of its resources renamed since."""
    here = project.directory
    (here / "modules/app").mkdir(parents=True)
    (here / "modules/app/main.tf").write_text(APP)
    (here / "main.tf").write_text(MAIN.replace('"renamed"', '"old_name"').split("moved {")[0])
    (here / "rest.tf").write_text(MAIN[MAIN.index('resource "terraform_data" "in"') :])
    tofu(here, project, "init", "-no-color")
    tofu(here, project, "apply", "-auto-approve", "-no-color")
    (here / "main.tf").write_text(MAIN)
    (here / "rest.tf").unlink()
    tofu(here, project, "apply", "-auto-approve", "-no-color")
    return project


def test_a_project_of_twenty_resources(existing: Project) -> None:
    here = existing.directory
    state = (here / "terraform.tfstate").read_bytes()
    before = tofu(here, existing, "state", "list")
    assert len(before.splitlines()) == 20
    adopted = existing.run("adopt").ok()
    told = adopted.stdout.splitlines()
    assert told[0] == "Adopted 15 resource(s) into flake.nix; the plan has no changes:"
    for name in ("net", "gateway", "route", "script", "unit", "kept", "renamed", "in", "lib", "tags", "after"):
        assert f" = terraform.terraform_data.{name}" in told
    for name in ("terraform.terraform_data.subnet", "terraform.terraform_data.zone", "module.app"):
        assert f" = {name}" in told
    assert "precondition = [" in (here / "flake.nix").read_text()
    assert (here / "terraform.tfstate").read_bytes() == state
    existing.run("plan", "-detailed-exitcode").ok()

    flake = (here / "flake.nix").read_text()
    assert 'input = net.refAttr "id"' in flake
    assert "dependsOn = [ script gateway ];" in flake
    assert "\\${local.prefix}" in flake
    assert '"gateway"' not in (here / "main.tf").read_text()
    assert "# The network comes first." in (here / "main.tf").read_text()

    # From here on it is a flake like any other: an edit reaches what stayed, and the other way round.
    (here / "flake.nix").write_text(flake.replace("10.0.0.0/16", "10.1.0.0/16"))
    plan = existing.run("plan").ok().stdout
    assert " ~ terraform.terraform_data.net" in plan
    assert ' ~ terraform.terraform_data.subnet["a"]' in plan
    existing.run("apply").ok()
    existing.run("plan", "-detailed-exitcode").ok()
    assert tofu(here, existing, "state", "list") == before


def test_what_changes_already_is_no_obstacle_and_nothing_is_overwritten(existing: Project) -> None:
    here = existing.directory
    main = here / "main.tf"
    main.write_text(main.read_text().replace("10.0.0.0/16", "10.2.0.0/16"))
    told = existing.run("adopt").ok().stdout.splitlines()[0]
    assert told.startswith("Adopted 15 resource(s) into flake.nix; the plan is what it was, ")
    assert told.endswith(" change(s):")
    assert " ~ terraform.terraform_data.net" in existing.run("plan").ok().stdout
    existing.run("adopt").fails("There is a flake already")


def test_files_are_put_back_when_it_cannot_be_done(existing: Project) -> None:
    here = existing.directory
    (here / "broken.tf").write_text('resource "terraform_data" "broken" { input = terraform_data.nowhere.id }\n')
    before = {p: p.read_bytes() for p in here.glob("*.tf")}
    existing.run("adopt").fails("Reference to undeclared resource")
    assert {p: p.read_bytes() for p in here.glob("*.tf")} == before
    assert not (here / "flake.nix").exists()


def test_in_a_directory_below_and_in_git(existing: Project, tmp_path: Path) -> None:
    top = tmp_path / "repo"
    (top / "x").mkdir(parents=True)
    existing.directory.rename(top / "infra")
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    subprocess.run(["git", "add", "infra/main.tf"], cwd=top, check=True)
    outer = Project(top, existing.tofu, existing.env)
    assert "Adopted 15 resource(s)" in outer.run("adopt", "infra").ok().stdout
    assert 'rootModule = "infra";' in (top / "flake.nix").read_text()
    outer.run("plan", "-detailed-exitcode").ok()


def test_from_a_state_alone(project: Project) -> None:
    here = project.directory
    (here / "main.tf").write_text(
        """
resource "terraform_data" "net" { input = "10.0.0.0/16" }
resource "terraform_data" "gw" {
  input            = { net = terraform_data.net.id, deep = [terraform_data.net.output, 1, null, true] }
  triggers_replace = [terraform_data.net.id]
}
resource "terraform_data" "secret" { input = sensitive("hunter2-hunter2") }
output "gw" { value = terraform_data.gw.id }
output "n" { value = 5 }
"""
    )
    tofu(here, project, "init")
    tofu(here, project, "apply", "-auto-approve")
    (here / "main.tf").unlink()
    shutil.rmtree(here / ".terraform", ignore_errors=True)
    state = (here / "terraform.tfstate").read_bytes()
    assert project.run("adopt").ok().stdout == (
        "Adopted 3 resource(s) into flake.nix; the plan has no changes:\n"
        + "".join(f" = terraform.terraform_data.{n}\n" for n in ("gw", "net", "secret"))
    )
    flake = (here / "flake.nix").read_text()
    assert 'net.refAttr "id"' in flake
    assert 'gw.refAttr "id"' in flake
    assert "hunter2" not in flake
    assert (here / "terraform.tfstate").read_bytes() == state
    project.run("plan", "-detailed-exitcode").ok()
    # Its references are real ones.
    (here / "flake.nix").write_text(flake.replace("10.0.0.0/16", "10.1.0.0/16"))
    assert "Applied 2 resource(s)" in project.run("apply").ok().stdout
    assert json.loads((here / "terraform.tfstate").read_text())["serial"] > 1


def test_a_state_that_does_not_tell_enough(project: Project) -> None:
    (project.directory / "main.tf").write_text('resource "terraform_data" "many" { count = 2 }\n')
    tofu(project.directory, project, "init")
    tofu(project.directory, project, "apply", "-auto-approve")
    (project.directory / "main.tf").unlink()
    project.run("adopt").fails("The state alone does not tell enough", "terraform_data.many[0]")
    assert not (project.directory / "flake.nix").exists()


def laid(project: Project, text: str, files: Mapping[str, str] | None = None, *, applied: bool = True) -> Path:
    """A project of its own text, byte by byte, applied by the engine itself."""
    for name, content in {"main.tf": text, **(files or {})}.items():
        (project.directory / name).write_bytes(content.encode())
    if applied:
        tofu(project.directory, project, "init")
        tofu(project.directory, project, "apply", "-auto-approve")
    return project.directory


def test_where_nothing_exists_yet_the_plan_is_told_as_it_is(project: Project) -> None:
    laid(project, 'resource "terraform_data" "a" {}\nresource "terraform_data" "b" {}\n', applied=False)
    told = project.run("adopt").ok().stdout.splitlines()
    assert told[0] == "Adopted 2 resource(s) into flake.nix; the plan is what it was, 2 change(s):"


def test_what_is_to_be_created_has_the_same_values(project: Project) -> None:
    laid(project, NEW, applied=False)
    told = project.run("adopt").ok().stdout
    assert told.startswith("Adopted 3 resource(s) into flake.nix; the plan is what it was, 5 change(s):\n")
    assert "   terraform_data.nul: in Nix it would plan a change\n" in told


NEW = r"""
resource "terraform_data" "a" { input = { x = 1, y = sensitive("s"), z = 0.25 } }
resource "terraform_data" "b" {
  input            = ["${terraform_data.a.id}!", terraform_data.a.output]
  triggers_replace = <<-E
    ${terraform_data.a.input.z}
  E
}
resource "terraform_data" "nul" { input = "a\u0000b" }
resource "terraform_data" "c" { input = terraform_data.nul.output }
output "o" { value = [terraform_data.b.id, terraform_data.nul.input] }
"""

WORDS = """
resource "terraform_data" "a" {
  provisioner "local-exec" {
    when       = destroy
    command    = "true"
    on_failure = continue
  }
}
resource "terraform_data" "big" {
  input = [100000000000000000000, -100000000000000000000, 1e20, 1e3, 0.1, 123456789.123456789, 0.30000000000000004]
}
resource "terraform_data" "named" {
  for_each = toset(["a"])
  input    = 9223372036854775807
}
"""


def test_words_of_the_language_and_numbers_of_any_size(project: Project) -> None:
    here = laid(project, WORDS)
    told = project.run("adopt").ok().stdout.splitlines()
    assert told[0] == "Adopted 3 resource(s) into flake.nix; the plan has no changes:"
    assert 'when = "destroy";' in (here / "flake.nix").read_text()
    project.run("plan", "-detailed-exitcode").ok()
    project.run("destroy").ok()


CRLF = """
resource "terraform_data" "kept" {
  input = <<EOT
x


y
EOT
  lifecycle { replace_triggered_by = [terraform_data.plain.id] }
}

resource "terraform_data" "moved" {
  input = <<EOT
x
  ${terraform_data.kept.id}
EOT
}
resource "terraform_data" "plain" {
  input = <<-EOT
    x
      "y" \\n
  EOT
}
variable "k" {
  default = 1
}
""".replace("\n", "\r\n")


def test_ends_of_lines_stay_what_they_are(project: Project) -> None:
    here = laid(project, CRLF)
    told = project.run("adopt").ok().stdout.splitlines()
    assert told[0] == "Adopted 2 resource(s) into flake.nix; the plan has no changes:"
    start = CRLF.index('resource "terraform_data" "moved"')
    assert (here / "main.tf").read_bytes().decode() == CRLF[:start] + CRLF[CRLF.index('variable "k"') :]
    project.run("plan", "-detailed-exitcode").ok()


def test_what_another_file_overrides_stays(project: Project) -> None:
    main = "".join(f'resource "terraform_data" "{n}" {{ input = 1 }}\n' for n in ("a", "b", "c"))
    over = {
        "override.tf": 'resource "terraform_data" "a" { input = 2 }\n',
        "x_override.tf.json": '{"resource": {"terraform_data": {"b": {"input": 3}}}}',
    }
    here = laid(project, main, over)
    told = project.run("adopt").ok().stdout
    assert told.splitlines()[:2] == [
        "Adopted 1 resource(s) into flake.nix; the plan has no changes:", " = terraform.terraform_data.c",
    ]  # fmt: skip
    assert "   terraform_data.a: override.tf overrides it\n" in told
    assert "   terraform_data.b: x_override.tf.json overrides it\n" in told
    assert (here / "override.tf").read_text() == over["override.tf"]
    project.run("plan", "-detailed-exitcode").ok()


class Refusing:
    """An engine that takes no flake with some words in it."""

    class Session:
        def with_options(self, **_: Any) -> None:
            return None

    def __init__(self, flake: Path, words: Mapping[str, NivisError]) -> None:
        self.flake, self.words, self.plans = flake, words, 0

    def __call__(self, _session: Any) -> Refusing:
        return self

    def plan(self) -> Preview:
        self.plans += 1
        text = self.flake.read_text()
        for word, error in self.words.items():
            if word in text:
                raise error
        return Preview(())


def refusing(
    directory: Path, monkeypatch: pytest.MonkeyPatch, words: Mapping[str, NivisError]
) -> Callable[[], Adopted]:
    (directory / "main.tf").write_text(
        "".join(f'resource "terraform_data" "{n}" {{ input = "is {n}" }}\n\n' for n in ("good", "bad", "worse"))
        + 'resource "terraform_data" "on" { depends_on = [terraform_data.bad] }\n'
    )
    monkeypatch.setattr(adopt, "Run", Refusing(directory / "flake.nix", words))
    opened = cast(adopt.Opened, lambda: contextlib.nullcontext(Refusing.Session()))
    return lambda: adopt.adopt(directory, directory, directory / ".nivis", opened)


def test_a_block_that_is_refused_in_nix_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = EngineError(
        Diagnostic("Careful", severity="warning", address="terraform.terraform_data.good"),
        Diagnostic("Invalid value", address="terraform.terraform_data.bad[0]", position=Position("flake.nix", 9)),
    )
    # The library is at fault nowhere; Nix names lines of the flake, also those of the call around everything.
    where = "at /nix/store/x-source/flake.nix:{}:3 … at /nix/store/x-source/flake.nix:{}:15"
    words: dict[str, NivisError] = {"is bad": named}
    run = refusing(tmp_path, monkeypatch, words)
    survey = adopted_blocks.survey(root_module.read(tmp_path))
    survey.keep({"terraform_data.bad": ""})
    lines = adopted_blocks.flake(survey, ".").split("\n")
    at, call = (next(i for i, x in enumerate(lines, 1) if word in x) for word in ('"is worse"', "ledger;"))
    words["is worse"] = NixError(Diagnostic("No evaluation", where.format(call, at)))
    done = run()
    assert done.moved == ("terraform.terraform_data.good",)
    assert dict(done.staying) == {
        "terraform_data.bad": "in Nix it is refused: Invalid value",
        "terraform_data.on": "`depends_on` something that stays",
        "terraform_data.worse": "in Nix it is refused: No evaluation",
    }
    left = (tmp_path / "main.tf").read_text()
    assert [n for n in ("good", "bad", "worse", "on") if f'"{n}"' in left] == ["bad", "worse", "on"]


def test_an_error_is_told_of_the_files_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Diagnostic(
        "Odd", severity="warning", address="terraform.terraform_data.worse", position=Position("flake.nix", 9)
    )
    words = {"is bad": EngineError(known, Diagnostic("No", position=Position("flake.nix", 2)))}
    with pytest.raises(EngineError) as error:
        refusing(tmp_path, monkeypatch, words)()
    assert [str(d.position) for d in error.value.diagnostics] == ["main.tf:5:1", "None"]
    assert not (tmp_path / "flake.nix").exists()
