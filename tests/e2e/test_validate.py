"""validate, as a pipeline reads it: the document of the engine, also where the configuration is not valid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

BARE = {"format_version": "1.0", "valid": True, "error_count": 0, "warning_count": 0, "diagnostics": []}


def document(project: Project, code: int) -> Any:
    result = project.run("validate", "-json")
    assert result.code == code, result.stderr
    assert "error:" not in result.stderr
    return json.loads(result.stdout)


def test_valid(project: Project) -> None:
    assert document(project.chain(), 0) == BARE
    assert project.run("validate").ok().stdout == "The configuration is valid.\n"


def test_the_same_keys_as_the_engine(project: Project) -> None:
    project.chain().run("validate").ok()
    engine = json.loads(project.engine("validate", "-json", below=".nivis/work"))
    assert document(project, 0) == engine


def test_what_the_engine_finds(project: Project) -> None:
    project.flake(
        'ir [ (lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "a"; '
        'config = { nonsense = 1; }; }) ] { }'
    )  # fmt: skip
    found = document(project, 1)
    assert (found["valid"], found["error_count"], found["warning_count"]) == (False, 1, 0)
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["severity"] == "error"
    assert "nonsense" in diagnostic["summary"] + diagnostic["detail"]
    assert diagnostic["address"] == "terraform.terraform_data.a"
    assert diagnostic["range"]["filename"] == "flake.nix"
    assert diagnostic["range"]["start"]["line"] > 1
    refused = project.run("validate").fails("nonsense")
    assert refused.stdout == ""


def test_what_nix_says_is_in_it(project: Project) -> None:
    (project.directory / "flake.nix").write_text('{ outputs = _: throw "not today"; }')
    (diagnostic,) = document(project, 1)["diagnostics"]
    assert diagnostic["summary"] == "not today"
    assert "The flake does not evaluate" in diagnostic["detail"]


def test_what_is_hardly_meant(project: Project) -> None:
    project.flake(
        """ir [ a (data "b" { x = [ a.id ]; size = if out == "one" then 1 else 2; }) ] { }""",
        let="""a = data "a" "one"; out = a.refAttr "output";""",
    )
    found = document(project, 0)
    assert (found["valid"], found["warning_count"]) == (True, 2)
    said = {d["summary"]: d["detail"] for d in found["diagnostics"]}
    assert "is the text `terraform.terraform_data.a`" in said["The id of a resource in the flake is used as a value"]
    assert "`==` is always false here" in said["A reference is compared"]
    for command in ("validate", "plan", "apply"):
        told = project.run(command).ok().stderr
        assert told.count("warning: A reference is compared") == 1
        assert told.count("warning: The id of a resource in the flake is used as a value") == 1
        assert "at flake.nix:" in told
        assert 'refAttr "id"' in told
