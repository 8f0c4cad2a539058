"""diff: two revisions of a flake, without an engine and without credentials."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]


@pytest.fixture
def repository(project: Project) -> Project:
    git(project, "init", "-q")
    return project


def git(project: Project, *line: str) -> None:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *names, *line], cwd=project.directory, check=True, capture_output=True)


def commit(project: Project, tag: str) -> None:
    git(project, "add", "flake.nix")
    git(project, "commit", "-q", "-m", tag)
    git(project, "tag", tag)


def without_engine(project: Project) -> None:
    project.env["NIVIS_TOFU"] = "/nowhere/tofu"


def test_two_revisions_and_the_directory(repository: Project) -> None:
    commit(repository.chain("one"), "v1")
    repository.run("apply").ok()
    id_ = repository.attributes("terraform_data.a")["id"]
    repository.flake(
        """ir [ a c ] { outputs.b = a.refAttr "output"; }""",
        let="""a = data "a" "two"; c = data "c" { x = a.refAttr "id"; y = lib.str [ "id: " (a.refAttr "id") ]; };""",
    )
    commit(repository, "v2")
    without_engine(repository)
    assert repository.run("diff", "v1", "v1").ok().stdout == "No differences.\n"
    assert repository.run("diff", "v1", "v2").ok().stdout == (
        " ~ terraform.terraform_data.a (terraform_data)\n"
        '     ~ input = "one" -> "two"\n'
        " + terraform.terraform_data.c (terraform_data)\n"
        f'     + input = {{ x = "${{terraform.terraform_data.a.id}}", y = "id: {id_}" }}\n'
        " ~ output.b (output)\n"
        '     ~ value = "${terraform.terraform_data.b.output}" -> "${terraform.terraform_data.a.output}"\n'
        " - terraform.terraform_data.b (terraform_data)\n"
        f'     - input = "from {id_}"\n'
        "\n1 added, 2 changed, 1 removed.\n"
    )
    before = sorted(p.name for p in repository.directory.iterdir())
    repository.chain("three")
    document = json.loads(repository.run("diff", "v1", "--json").ok().stdout)
    assert [(c["id"], c["action"], c["attributes"][0]["after"]) for c in document["changes"]] == [
        ("terraform.terraform_data.a", "update", "three")
    ]
    assert repository.run("diff", "v1", "--detailed-exitcode").code == 2
    assert sorted(p.name for p in repository.directory.iterdir()) == before


def test_secrets_and_meta(repository: Project) -> None:
    body = """(lib.mkResource {{
        provider = "terraform"; type = "terraform_data"; name = "a"; config.input = v.pw; meta = {{ {meta} }};
      }})"""
    let = 'v = lib.mkVars { pw = { type = "str"; sensitive = true; default = "@"; }; } ledger.vars;'
    repository.flake(f"ir [ {body.format(meta='')} ] {{ }}", let=let.replace("@", "hunter2-old"))
    commit(repository, "v1")
    meta = "lifecycle.preventDestroy = true;"
    repository.flake(f"ir [ {body.format(meta=meta)} ] {{ }}", let=let.replace("@", "hunter2-new"))
    out = repository.run("diff", "v1").ok().stdout
    assert "hunter2" not in out
    assert "     ~ input = (sensitive) -> (sensitive)\n" in out
    assert "     + meta = { preventDestroy = true }\n" in out


def test_what_is_no_revision(repository: Project, tmp_path: Path) -> None:
    repository.chain()
    commit(repository, "v1")
    repository.run("diff", "nosuch").fails("No such revision", "`nosuch`")
    repository.run("diff", "--exec=x", "v1").fails()
    repository.flake("builtins.nosuch")
    commit(repository, "bad")
    result = repository.run("diff", "bad", "v1").fails("attribute 'nosuch' missing", "bad:flake.nix:")
    assert "/nivis-" not in result.stderr
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "flake.nix").write_text((repository.directory / "flake.nix").read_text())
    assert not any((parent / ".git").exists() for parent in outside.parents), os.fspath(outside)
    repository.run("diff", "v1", cwd=outside).fails("Not in git")
