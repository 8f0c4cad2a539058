"""The text of constructors, from literal schemas. What Nix makes of it: tests/nixlib/test_constructors.py."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.authoring import constructors
from nivis_tofu.authoring.constructors import Arguments, Shapes, constructor, members, own_name
from nivis_tofu.ir.schema import BlockSchema, Kind
from nivis_tofu.ir.types import type_text
from tests.support.provider_schema import LOOKUP, SERVER, SOURCE


def text(block: dict[str, Any], kind: Kind = "resource", name: str = "acme_server") -> str:
    return constructor(SOURCE, kind, name, BlockSchema(block))


def part(found: str, start: str, end: str) -> str:
    return found.partition(start)[2].partition(end)[0]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("string", "string"),
        (["list", "string"], "list of string"),
        (["map", ["set", "number"]], "map of set of number"),
        (["object", {"a": "string"}], "object"),
        (["tuple", ["string"]], "tuple"),
        ("dynamic", "dynamic"),
        (None, "None"),
    ],
)
def test_types_in_words(kind: object, said: str) -> None:
    assert type_text(kind) == said


def test_members_tell_what_can_be_set() -> None:
    found = {a.name: a for a in members(SERVER)}
    assert [n for n, a in found.items() if not a.settable] == ["arn", "seen"]
    assert [n for n, a in found.items() if a.required] == ["name", "rule"]
    assert (found["rule"].least, found["rule"].most, found["rule"].nesting) == (1, 2, "list")
    assert (found["disk"].type, found["disk"].nesting) == ("object", "single")
    assert found["old"].words == ("deprecated",)
    assert found["password"].words == ("sensitive",)
    assert not list(members({}))


def test_required_arguments_come_first_and_have_no_default() -> None:
    formals = [
        row.strip() for row in part(text(SERVER), "acme_server =\n        {\n", "...").splitlines() if row.strip()
    ]
    assert formals[:2] == ["name,", "rule,"]
    assert "size ? null," in formals
    assert "in ? null," not in formals  # a keyword of Nix; the function takes it all the same
    assert formals[-3:] == ["provider ? check'.provider,", "tofuName ? null,", "nivis_meta ? null,"]
    assert formals.count("meta ? null,") == 1  # the provider's own
    assert len(formals) == len(set(formals))


def test_data_sources_have_no_meta() -> None:
    found = text(LOOKUP, "data", "acme_lookup")
    assert "meta ?" not in found
    assert 'check\'.data "acme_lookup"' in found
    assert "a data source of" in found


def test_equal_blocks_are_written_once() -> None:
    found = text(SERVER)
    assert found.count("port = {") == 1
    assert part(found, "      rule = { ", "}").count("block0") == part(found, "      named = { ", "}").count("block0")
    shapes = Shapes()
    shapes.of(SERVER)
    assert len(shapes.bindings) == 3  # the rule, the disk and the ingress; `seen` cannot be set


def test_documentation() -> None:
    doc = part(text(SERVER), "/**", "*/")
    rows = [row.strip() for row in doc.splitlines()]
    assert rows[1] == f"`acme_server`, a resource type of {SOURCE}."
    assert "It * / serves." in rows
    assert '`acme_server "<name>" { name = …; … }`' in rows
    for row in (
        "- `name`, required (string): What it is called.",
        "- `rule`, required (list of blocks, at most 2)",
        "- `rule.port`, required (number)",
        "- `password` (string), sensitive",
        "- `old` (bool), deprecated: Use `size`.",
        "- `disk.gb`, required (number)",
        "- `ingress` (set of objects)",
        "- `ingress.from` (number)",
    ):
        assert row in rows, row
    after = rows[rows.index("# Known after the apply") :]
    assert "- `arn` (string): Where it is." in after
    # Outer arguments come before those of nested blocks, required ones first.
    assert rows.index("- `zones` (list of string)") < rows.index("- `disk.gb`, required (number)")
    assert rows.index("- `rule`, required (list of blocks, at most 2)") < rows.index("- `password` (string), sensitive")


def test_long_documentation_ends_with_a_word_about_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constructors, "DOCUMENTED", 3)
    doc = part(text(SERVER), "# Arguments", "# Known")
    assert len([row for row in doc.splitlines() if row.strip().startswith("- `")]) == 3
    assert "- … and those of blocks further within" in doc


def test_blocks_that_nest_themselves_without_end_are_cut() -> None:
    block: dict[str, Any] = {"attributes": {"x": {"type": "string", "optional": True}}}
    for _ in range(40):
        inner = {f"b{i}": {"nesting_mode": "list", "block": block} for i in range(2)}
        block = {"attributes": block["attributes"], "block_types": inner}
    doc = list(constructors._arguments(block))
    assert len(doc) < 4 * constructors.DOCUMENTED


def test_a_type_that_is_no_name_in_nix() -> None:
    found = text(LOOKUP, name="in")
    assert '"in" =\n    name\':' in found
    assert "then constructor else" in found


def test_own_arguments_give_way() -> None:
    assert own_name("meta", BlockSchema(SERVER)) == "nivis_meta"
    assert own_name("meta", BlockSchema(LOOKUP)) == "meta"


def test_arguments_of_all_types() -> None:
    found = Arguments()
    for name in ("a", "b", "c", "d", "a"):
        found.add(name, BlockSchema(LOOKUP))
    assert '  name = { type = "string"; description = "a, b, c and 1 more"; };\n' in found.text()
    assert " id = " not in found.text()
