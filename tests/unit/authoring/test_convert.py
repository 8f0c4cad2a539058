"""Whole root modules as flakes: what every block becomes, and what is named as left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.authoring.convert import Converted, convert
from nivis_tofu.project import root_module


def converted(tmp_path: Path, text: str, name: str = "main.tf", below: str = "") -> Converted:
    place = tmp_path / below
    place.mkdir(exist_ok=True, parents=True)
    (place / name).write_text(text)
    return convert(root_module.read(place), tmp_path)


def flat(found: Converted) -> str:
    """The flake in one line."""
    return " ".join(found.text.split())


@pytest.mark.parametrize(
    ("text", "nix"),
    [
        ('resource "a_b" "x" { v = 1 }', 'x = lib.mkResource { provider = "a"; type = "a_b"; name = "x"; config = { v = 1; }; };'),
        ('data "a_b" "x" { v = 1 }', 'x = lib.mkData { provider = "a"; type = "a_b"; name = "x"; config = { v = 1; }; };'),
        ('resource "a_b" "x" {}\nresource "a_b" "y" { v = a_b.x.id }', 'v = x.refAttr "id";'),
        ('resource "a_b" "x" { v = "${file("y")}" }', "lib.expr"),
        ('resource "a_b" "x" { v = "$${y}" }', 'v = "\\${y}";'),
        ('resource "a_b" "x" { depends_on = [a_b.y] }\nresource "a_b" "y" {}', "meta = { dependsOn = [ y ]; };"),
        ('resource "a_b" "x" {\n  lifecycle {\n    prevent_destroy = true\n    ignore_changes = [v]\n  }\n}',
         'lifecycle = { preventDestroy = true; ignoreChanges = [ "v" ]; };'),
        ('resource "a_b" "x" {\n  lifecycle {\n    ignore_changes = all\n  }\n}', 'ignoreChanges = "all";'),
        ('provider "a" { region = "r" }', 'a = lib.mkProvider { source = "hashicorp/a"; config = { region = "r"; }; };'),
        ('provider "a" { alias = "w" }\nresource "a_b" "x" { provider = a.w }', 'provider = "w";'),
        ('terraform {\n  required_providers {\n    a = { source = "x/a", version = "~> 1" }\n  }\n}',
         'a = lib.mkProvider { source = "x/a"; version = "~> 1"; };'),
        ('terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}', 'backend = { type = "s3"; bucket = "b"; };'),
        ('output "o" { value = 1 }', "outputs = { o = 1; };"),
        ('output "o" {\n  value = 1\n  sensitive = true\n}', "o = { value = 1; sensitive = true; };"),
        ('variable "v" {\n  type = list(string)\n  default = ["x"]\n}', 'v = { type = "list"; default = [ "x" ]; };'),
        ('variable "v" {}\nresource "a_b" "x" { v = var.v }', "lib.mkVars"),
        ('locals { l = 1 }', "extra = { locals = { l = 1; }; };"),
        ('moved {\n  from = a_b.x\n  to = a_b.y\n}', 'moved = [ { from = "a_b.x"; to = "a_b.y"; } ];'),
        ('module "m" {\n  source = "./m"\n  v = 1\n}', 'm = lib.mkModule { source = "./m"; name = "m"; config = { v = 1; }; };'),
        ('module "m" {\n  source = "x/y/z"\n  version = "1"\n  providers = { p = a.w }\n}\nprovider "a" { alias = "w" }',
         'providers = { p = "w"; };'),
    ],
)  # fmt: skip
def test_blocks(tmp_path: Path, text: str, nix: str) -> None:
    assert nix in flat(converted(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('ephemeral "a_b" "x" {}', "ephemeral.a_b.x", "an ephemeral resource"),
        ('terraform {\n  cloud {}\n}', "terraform cloud", "no such block in `lib.toIR`"),
        ('output "o" {\n  value = 1\n  depends_on = [a_b.x]\n}', "output.o", "`depends_on` of an output"),
        ('variable "v" { sensitive = true }', "var.v", "sensitive: give its value as TF_VAR_v"),
        ('data "a_b" "x" { depends_on = [a_b.y] }\nresource "a_b" "y" {}', "data.a_b.x", "a data source has no meta in Nix"),
        ('resource "a_b" "x" { depends_on = [module.gone] }', "a_b.x: depends_on", "is not declared here as a whole"),
        ('resource "a_b" "x" {\n  lifecycle {\n    prevent_destroy = var.v\n  }\n}', "a_b.x", "`prevent_destroy` in `lifecycle`"),
    ],
)  # fmt: skip
def test_what_is_left_out_is_named_in_the_flake_too(tmp_path: Path, text: str, place: str, reason: str) -> None:
    found = converted(tmp_path, text)
    assert [(p, r) for p, r in found.left if p == place and reason in r] != [], found.left
    assert f"{place}: " in found.text


@pytest.mark.parametrize(("name", "reason"), [("x_override.tf", "overrides"), ("x.tf.json", "declared in JSON")])
def test_files_of_another_kind_are_left(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "main.tf").write_text('resource "a_b" "x" {}')
    text = '{"resource": {"a_b": {"y": {}}}}' if name.endswith("json") else 'resource "a_b" "x" { v = 1 }'
    (left,) = converted(tmp_path, text, name).left
    assert reason in left[1]


def test_a_secret_stays_a_variable_of_the_engine(tmp_path: Path) -> None:
    found = converted(tmp_path, 'variable "pw" {\n  sensitive = true\n  default = "hunter2"\n}')
    assert found.secret == {"pw"}
    assert "mkVars" in found.text
    assert "vars.pw" not in found.text


def test_names_that_mean_something_else_here_are_given_others(tmp_path: Path) -> None:
    text = flat(
        converted(
            tmp_path, 'resource "a_b" "ir" {}\nresource "a_b" "x" {}\nresource "a_c" "x" {}\nresource "a_b" "let" {}'
        )
    )
    assert text.count("lib.mkResource") == 4
    assert " ir = lib.mkResource" not in text
    assert " let = lib.mkResource" not in text
    assert text.count(" x = lib.mkResource") == 1


def test_paths_are_those_of_the_project(tmp_path: Path) -> None:
    text = 'module "m" {\n  source = "../m"\n}\nmodule "n" {\n  source = "./n"\n}'
    found = flat(converted(tmp_path, text, below="infra"))
    assert 'source = "./m"; name = "m";' in found
    assert 'source = "./infra/n"; name = "n";' in found


def test_a_reference_to_one_of_many_stays_an_expression(tmp_path: Path) -> None:
    text = 'resource "a_b" "x" { count = 2 }\nresource "a_b" "y" { v = a_b.x[0].id }'
    assert "refAttr" not in converted(tmp_path, text).text


def test_blocks_with_other_labels_stay(tmp_path: Path) -> None:
    found = converted(tmp_path, 'resource "a" {}\nmodule {}\nvariable "x" "y" {}\noutput {}\n')
    assert [reason for _, reason in found.left] == ["a block of this kind has other labels"] * 4


def test_providers_of_a_module_that_are_an_expression(tmp_path: Path) -> None:
    assert "mkModule" in flat(converted(tmp_path, 'module "m" {\n  source = "./m"\n  providers = var.x\n}\n'))
