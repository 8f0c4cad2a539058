from __future__ import annotations

import json
from pathlib import Path

import pytest

from nivis_tofu.nix import generated
from nivis_tofu.nix.generated import GeneratedInput

PATH = "/nix/store/" + "a" * 32 + "-source"
OTHER = PATH.replace("a", "b")
DIR = "registry.opentofu.org/acme/acme/1.2.3"
MADE = GeneratedInput("acme", "registry.opentofu.org/acme/acme", "1.2.3", Path(PATH))


def lock(directory: Path, **nodes: object) -> None:
    named = {name: name for name in nodes} | {"followed": ["acme", "x"]}
    body = {"root": {"inputs": named}, **{name: {"locked": node} for name, node in nodes.items()}}
    (directory / "flake.lock").write_text(json.dumps({"root": "root", "version": 7, "nodes": body}))


def test_inputs_of_a_lock_file(tmp_path: Path) -> None:
    made = {"type": "path", "path": PATH, "dir": DIR, "narHash": "sha256-x"}
    lock(
        tmp_path,
        acme=made,
        builtin={**made, "dir": "terraform.io/builtin/terraform/unversioned"},
        mine={**made, "path": "/home/me/acme"},
        deeper={**made, "dir": "a/b/c/d/e"},
        plain={"type": "path", "path": PATH},
        forge={"type": "github", "owner": "a", "repo": "b"},
    )
    assert generated.inputs(tmp_path) == [
        MADE,
        GeneratedInput("builtin", "terraform.io/builtin/terraform", "", Path(PATH)),
    ]
    assert generated.inputs(tmp_path)[1].dir == "terraform.io/builtin/terraform/unversioned"


def test_a_declaration_counts_more_than_a_lock_that_is_older(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text(f"{{\n  {MADE.text}\n  outputs = _: {{ }};\n}}")
    assert generated.inputs(tmp_path) == [MADE]
    lock(tmp_path, acme={"type": "path", "path": OTHER, "dir": DIR})
    assert generated.inputs(tmp_path) == [MADE]
    (tmp_path / "flake.nix").write_text("{ }")
    assert [one.path for one in generated.inputs(tmp_path)] == [Path(OTHER)]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"root": "root", "nodes": {"root": {}}}', '{"root": 1, "nodes": []}']
)
def test_a_damaged_lock_file_names_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "flake.lock").write_text(text)
    assert generated.inputs(tmp_path) == []


def test_a_name_that_needs_quotes() -> None:
    odd = GeneratedInput("my.acme", MADE.source, MADE.version, MADE.path)
    assert odd.text.startswith('inputs."my.acme" = { type = "path"; ')


def test_outputs_are_read_from_constructors(tmp_path: Path) -> None:
    (tmp_path / "gen" / "acme" / "resources").mkdir(parents=True)
    (tmp_path / "gen" / "acme" / "check.nix").write_text("")
    (tmp_path / "gen" / "acme" / "resources" / "acme_server.nix").write_text(
        'let\n  block0 = {\n    arguments = {\n      port = { };\n    };\n    outputs = [ "hidden" ];\n  };\n'
        '  shape\' = {\n    arguments = {\n      name = { type = "string"; };\n    };\n    outputs = [ "arn" ];\n  };\nin\n'
        "{\n      later = { };\n}"
    )
    assert generated.outputs(tmp_path, "acme_server") == {"name", "arn"}
    assert generated.outputs(tmp_path, "acme_client") == set()
