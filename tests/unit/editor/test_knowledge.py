from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.editor.cursor import Cursor
from nivis_tofu.editor.knowledge import Knowledge, knowledge_for
from tests.support.provider_schema import SOURCE, provided


@pytest.fixture
def known(tmp_path: Path) -> Knowledge:
    return Knowledge([provided(tmp_path).schemas])


def test_arguments(known: Knowledge) -> None:
    found = {c.label: c for c in known.completions(Cursor("argument", "", type="acme_server"))}
    assert {"name", "rule", "provider", "tofuName", "meta"} <= found.keys()
    assert not {"arn", "seen"} & found.keys()
    assert found["name"].detail == "string, required"
    assert found["password"].detail == "string, sensitive"
    assert found["name"].about == "What it is called."
    assert found["name"].text == "name = $0;"


def test_what_was_begun_and_what_is_there(known: Knowledge) -> None:
    cursor = Cursor("argument", "n", type="acme_server", there=frozenset({"name"}))
    assert [c.label for c in known.completions(cursor)] == ["named"]


def test_arguments_of_nested_blocks(known: Knowledge) -> None:
    for block in ("rule", "other_rule", "named"):
        cursor = Cursor("argument", "", type="acme_server", path=(block,))
        assert [c.label for c in known.completions(cursor)] == ["note", "port"]
    assert known.completions(Cursor("argument", "", type="acme_server", path=("tags",))) == []
    assert known.completions(Cursor("argument", "", type="acme_server", path=("nope", "x"))) == []


def test_outputs(known: Knowledge) -> None:
    found = [c.label for c in known.completions(Cursor("output", "a", type="acme_server"))]
    assert found == ["arn"]
    assert [c.text for c in known.completions(Cursor("output", "", "data", "acme_lookup"))] == ["id", "name"]


@pytest.mark.parametrize(
    ("cursor", "labels"),
    [
        (Cursor("type", "", owner="acme"), ["acme_key", "acme_server"]),
        (Cursor("type", "acme_s", owner="acme"), ["acme_server"]),
        (Cursor("type", "", "data", owner="acme"), ["acme_lookup"]),
        (Cursor("type", "", "data", owner="*"), ["acme_lookup"]),
        (Cursor("type", "", owner="lib"), []),
        (Cursor("type", "acme"), ["acme_key", "acme_lookup", "acme_server"]),
    ],
)
def test_types(known: Knowledge, cursor: Cursor, labels: list[str]) -> None:
    assert [c.label for c in known.completions(cursor)] == labels


def test_explanations(known: Knowledge) -> None:
    assert f"a resource type of {SOURCE}" in known.explained(Cursor("type", "acme_server", owner="acme"))
    assert "a data source of" in known.explained(Cursor("type", "acme_lookup", "data", owner="acme"))
    assert known.explained(Cursor("type", "nope")) == ""
    rule = known.explained(Cursor("argument", "rule", type="acme_server"))
    assert rule.startswith("`rule`, required (list of blocks, at most 2)")
    assert "- `rule.port`, required (number)" in rule
    assert known.explained(Cursor("argument", "nope", type="acme_server")) == ""
    assert known.explained(Cursor("output", "arn", type="acme_server")) == "`arn` (string): Where it is."


def test_caches_of_a_project(tmp_path: Path) -> None:
    new = knowledge_for(tmp_path / "flake.nix")
    assert not new.is_there
    built_in = new.completions(Cursor("argument", "in", type="terraform_data"))
    assert [c.label for c in built_in] == ["input"]
    (tmp_path / ".nivis" / "stacks" / "app").mkdir(parents=True)
    provided(tmp_path / ".nivis" / "stacks" / "app")
    found = knowledge_for(tmp_path / "modules" / "a.nix")
    assert len(found.caches) == 3
    assert found.completions(Cursor("type", "", owner="acme"))
