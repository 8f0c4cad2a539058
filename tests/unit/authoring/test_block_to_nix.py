from __future__ import annotations

import pytest

from nivis_tofu.authoring.block_to_nix import Writer
from nivis_tofu.hcl import reader
from nivis_tofu.nix import syntax

NAMES = {"t.a": "a", "t.a_b": "ab", "data.t.a": "d"}


def written(text: str, kind: str = "", place: str = "") -> dict[str, str]:
    body = Writer(NAMES, place).body(reader.body(text), kind)
    return {name: syntax.value(value) for name, value in body.items()}


@pytest.mark.parametrize(
    ("value", "nix"),
    [
        ("t.a.id", 'a.refAttr "id"'),
        ("data.t.a.id", 'd.refAttr "id"'),
        ("t.a_b.id", 'ab.refAttr "id"'),
        ("5", "5"),
        ('"x"', '"x"'),
        ("var.x", 'lib.expr "\\${var.x}"'),
        ("t.other.id", 'lib.expr "\\${t.other.id}"'),
    ],
)
def test_a_value_is_a_reference_where_nix_declares_what_it_names(value: str, nix: str) -> None:
    assert written(f"x = {value}\n") == {"x": nix}


def test_a_reference_inside_a_text_is_a_part_of_it() -> None:
    found = written('x = "<${t.a.id}> ${var.y}"\n')["x"]
    assert 'a.refAttr "id"' in found
    assert "var.y" in found
    assert "t.a.id" not in found


def test_words_of_the_language_are_text_only_where_they_are_words() -> None:
    assert written("when = destroy\n", "provisioner") == {"when": '"destroy"'}
    assert written("when = destroy\n")["when"] != '"destroy"'


def test_blocks_are_lists_below_their_labels_but_for_timeouts() -> None:
    body = reader.body('b {\n  x = 1\n}\nb {\n  x = 2\n}\nc "l" {\n  x = 3\n}\ntimeouts {\n  x = 4\n}\n')
    assert Writer(NAMES).body(body) == {
        "b": [{"x": 1}, {"x": 2}], "c": {"l": [{"x": 3}]}, "timeouts": {"x": 4},
    }  # fmt: skip


def test_the_path_of_the_module_is_where_it_lies() -> None:
    writer = Writer({}, "infra")
    assert "infra" in syntax.value(writer.expression("${path.module}/x"))
    assert writer.uses_path
    writer = Writer({}, "infra")
    writer.expression("${path.cwd}/x")
    assert not writer.uses_path
