"""Blocks that move into a flake, those that stay and why, and the files that are left."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.authoring import adopted_blocks
from nivis_tofu.authoring.adopted_blocks import Adoption
from nivis_tofu.project import root_module

BOTH = 'resource "a_b" "x" { v = 1 }\n\nresource "a_b" "y" { v = a_b.x.id }\n'


def surveyed(tmp_path: Path, text: str, name: str = "main.tf") -> Adoption:
    (tmp_path / name).write_text(text)
    return adopted_blocks.survey(root_module.read(tmp_path))


def flake(found: Adoption, root: str = ".") -> str:
    return " ".join(adopted_blocks.flake(found, root).split())


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ('resource "a_b" "x" { v = 1 }', "a.a_b.x"),
        ('data "a_b" "x" {}', "data.a.a_b.x"),
        ('module "m" {\n  source = "./m"\n}', "module.m"),
        ('resource "a_b" "x" { provider = other }', "other.a_b.x"),
        ('resource "a_b" "x" { count = 2 }', "a.a_b.x"),
        (
            'resource "a_b" "x" {\n  lifecycle {\n    prevent_destroy = true\n    ignore_changes = all\n  }\n}',
            "a.a_b.x",
        ),
    ],
)
def test_what_moves(tmp_path: Path, text: str, id_: str) -> None:
    found = surveyed(tmp_path, text)
    assert ([c.id for c in found.moving.values()], found.staying) == ([id_], {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('resource "a_b" "x" { provider = a.w }', "a provider configuration with an alias"),
        (
            'resource "a_b" "x" {\n  lifecycle {\n    replace_triggered_by = [a_b.y]\n  }\n}',
            "`replace_triggered_by` in `lifecycle`",
        ),
        (
            'resource "a_b" "x" {\n  lifecycle {\n    prevent_destroy = var.v\n  }\n}',
            "`prevent_destroy` is not a constant",
        ),
        ('resource "a_b" "x" { depends_on = [a_b.gone] }', "`depends_on` something that stays"),
        ('data "a_b" "x" { depends_on = [data.a_b.x] }', "a data source with `depends_on`"),
        ('data "a_b" "x" {\n  lifecycle {}\n}', "a data source with `lifecycle`"),
        ('module "m" {\n  source = "./m"\n  providers = { a = a }\n}', "given provider configurations"),
        ('module "m" {\n  source = var.s\n}', "whose source is no constant"),
        ('module "m" {\n  source = "./m"\n  v = path.module\n}', "`path.module`"),
        ('module "m" {\n  source = "./m"\n  v = ["${path.module}/x"]\n}', "`path.module`"),
        (
            'terraform {\n  required_providers {\n    a = { source = "x/other" }\n  }\n}\nresource "a_b" "x" {}',
            "called `a` here only",
        ),
    ],
)
def test_what_stays_says_why(tmp_path: Path, text: str, reason: str) -> None:
    found = surveyed(tmp_path, text)
    assert found.moving == {}
    (why,) = found.staying.values()
    assert reason in why


def test_what_another_file_says_more_of_stays(tmp_path: Path) -> None:
    (tmp_path / "x_override.tf").write_text('resource "a_b" "x" { v = 2 }')
    assert surveyed(tmp_path, BOTH).staying == {"a_b.x": "x_override.tf overrides it"}
    found = surveyed(tmp_path, '{"resource": {"a_b": {"z": {"v": 1}}}}', "z.tf.json")
    assert found.staying["a_b.z"] == "declared in JSON"


def test_who_depends_on_what_stays_stays_too(tmp_path: Path) -> None:
    text = 'resource "a_b" "x" {}\nresource "a_b" "y" { depends_on = [a_b.x] }\nresource "a_b" "z" { depends_on = [a_b.y] }\nresource "a_b" "w" {}'
    found = surveyed(tmp_path, text)
    assert len(found.moving) == 4
    found.keep({"a_b.x": "the plan would change it", "a_b.gone": "?"})
    assert found.staying == {
        "a_b.x": "the plan would change it",
        "a_b.y": "`depends_on` something that stays",
        "a_b.z": "`depends_on` something that stays",
    }
    assert set(found.moving) == {"a_b.w"}


def test_files_without_what_moves(tmp_path: Path) -> None:
    found = surveyed(tmp_path, f'# about x\n{BOTH}variable "v" {{}}\n')
    (text,) = found.files.values()
    assert "resource" not in text
    assert 'variable "v" {}' in text
    found.keep({"a_b.y": "no"})
    assert next(iter(found.files.values())).count("resource") == 1


def test_the_flake_joins_the_rest_and_declares_what_moved(tmp_path: Path) -> None:
    text = flake(surveyed(tmp_path, BOTH), "infra")
    assert 'rootModule = "infra";' in text
    assert 'a = lib.mkProvider { source = "hashicorp/a"; };' in text
    assert 'config = { v = x.refAttr "id"; };' in text
    assert "resources = [ x y ];" in text
    assert "dataSources" not in text


def test_modules_lie_where_they_lay(tmp_path: Path) -> None:
    calls = "".join(
        f'module "{n}" {{\n  source = "{s}"\n}}\n'
        for n, s in (("a", "./a"), ("b", "../b"), ("c", "../../c"), ("d", "x/y/z"))
    )
    text = flake(surveyed(tmp_path, calls), "infra")
    assert [source in text for source in ('"./infra/a"', '"./b"', '"../c"', '"x/y/z"')] == [True] * 4


def test_one_of_many_is_not_referred_to_by_an_attribute(tmp_path: Path) -> None:
    found = surveyed(tmp_path, 'resource "a_b" "x" { count = 2 }\nresource "a_b" "y" { v = a_b.x[0].id }')
    assert not found.moving["a_b.x"].single
    assert "refAttr" not in flake(found)


def test_places_are_lines_of_the_file(tmp_path: Path) -> None:
    found = surveyed(tmp_path, BOTH)
    assert [str(c.position) for c in found.moving.values()] == ["main.tf:1:1", "main.tf:3:1"]
