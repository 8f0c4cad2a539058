from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import root_module
from tests.support import rendering


def test_the_names_that_files_declare_and_use(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text('resource "t" "x" { input = t.y.id }\noutput "o" { value = t.x.id }\n')
    (tmp_path / "b.tf.json").write_text('{"resource": {"t": {"y": {}}}, "locals": {"l": "${t.x.id}"}}')
    root = root_module.read(tmp_path)
    assert {name: path.name for name, path in root.declared.items()} == {
        "t.x": "a.tf", "output.o": "a.tf", "t.y": "b.tf.json", "local.l": "b.tf.json",
    }  # fmt: skip
    assert root.edges["t.x"] >= {"t.y"}
    assert root.edges["local.l"] >= {"t.x"}


def test_a_file_of_the_engines_own_kind_wins_over_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text('resource "t" "old" {}\n')
    (tmp_path / "a.tofu").write_text('resource "t" "new" {}\n')
    assert set(root_module.read(tmp_path).declared) == {"t.new"}


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="No such root module"):
        root_module.read(tmp_path / "nowhere")


def test_nothing_is_declared_in_a_file_and_in_the_flake(tmp_path: Path) -> None:
    ir = rendering.decode(rendering.document(rendering.data("a", 1)))
    address = next(r.address for r in ir.resources.values())
    kind, name = address.split(".")
    (tmp_path / "a.tf").write_text(f'resource "{kind}" "{name}" {{}}\n')
    with pytest.raises(NivisError, match="Declared twice") as error:
        root_module.read(tmp_path).clashes(ir)
    assert [d.address for d in error.value.diagnostics] == [address]
    (tmp_path / "a.tf").write_text(f'resource "{kind}" "other" {{}}\n')
    root_module.read(tmp_path).clashes(ir)


@pytest.mark.parametrize(
    ("name", "is_one"), [("override.tf", True), ("x_override.tf.json", True), ("overrider.tf", False)]
)
def test_files_whose_blocks_are_merged(name: str, is_one: bool) -> None:
    assert root_module.is_override(Path(name)) is is_one
