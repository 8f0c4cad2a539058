"""Modules for the module system of nixpkgs: values and errors, with nixpkgs' own lib where it is, else with a stand-in.

NIVIS_TEST_NIXPKGS_LIB names a copy of that lib; it is looked for beside the repository, too.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from . import harness

pytestmark = pytest.mark.nix
HERE = Path(__file__).parent / "modules"
STAND_IN = Path(__file__).parents[1] / "support/module_system"
BESIDE = Path(__file__).parents[3] / "shared/nixpkgs-lib/lib"
NIXPKGS = Path(os.environ.get("NIVIS_TEST_NIXPKGS_LIB") or BESIDE)
LIBS = {"nixpkgs": NIXPKGS, "stand-in": STAND_IN}
VALUES = harness.NAME.findall((HERE / "values.nix").read_text(encoding="utf-8"))
ERRORS = harness.NAME.findall((HERE / "errors.nix").read_text(encoding="utf-8"))


@pytest.fixture(params=LIBS)
def library(request: pytest.FixtureRequest) -> Path:
    found = LIBS[request.param]
    if not found.is_dir():
        pytest.skip(f"there is no lib of nixpkgs in {found}")
    return found


@cache
def values(library: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = harness.value(
        "builtins.mapAttrs (_: c: let r = builtins.tryEval (builtins.deepSeq c.expr c.expr); in "
        "{ inherit (c) expected; } // (if r.success then { actual = r.value; } else { })) "
        f"(import {HERE}/values.nix (import {library}))"
    )
    return found


@pytest.mark.parametrize("name", VALUES)
def test_value(library: Path, name: str) -> None:
    case = values(library)[name]
    assert "actual" in case, "the case throws"
    assert case["actual"] == case["expected"]


@pytest.mark.parametrize("name", ERRORS)
def test_error(library: Path, name: str) -> None:
    case = f"(import {HERE}/errors.nix (import {library})).{json.dumps(name)}"
    done = harness.evaluate(f"{case}.expr")
    assert done.returncode != 0, f"evaluated to {done.stdout}"
    for line in harness.value(f"{case}.message"):
        assert line in done.stderr


def test_the_module_for_flake_parts() -> None:
    if not NIXPKGS.is_dir():
        pytest.skip(f"there is no lib of nixpkgs in {NIXPKGS}, and the stand-in has no submodules")
    parts = f"(import {STAND_IN.parent}/flake_parts.nix (import {NIXPKGS}))"
    assert harness.value(f"import {HERE}/flake_parts.nix {parts}") == {
        "other": 1,
        "tests": {"one": {"check": True}},
        "names": ["plan", "stacks", "tests"],
        "plan": ["us test /flake", "second"],
        "stacks": {"net": ["terraform.terraform_data.n"], "own": ["written by hand"]},
    }


def test_options_of_a_type_of_resources() -> None:
    if not NIXPKGS.is_dir():
        pytest.skip(f"there is no lib of nixpkgs in {NIXPKGS}, and the stand-in has no submodules")
    found = harness.value(f"(import {HERE}/typed.nix (import {NIXPKGS})).value")
    assert found == {
        "ids": ["terraform.terraform_data.app", "t.t_server.web"],
        "server": {"image": "debian", "size": 1, "tags": None},
        "input": {"__ref": {"resource": "t.t_server.web", "path": ["ip"]}},
        "meta": {"lifecycle": {"preventDestroy": True}},
        "place": "typed.nix:24",
    }
    wrong = harness.evaluate(f"(import {HERE}/typed.nix (import {NIXPKGS})).wrong")
    assert "`resource.t_server.web.size' is not of type `signed integer'" in wrong.stderr
    assert "In `wrong.nix'" in wrong.stderr


def test_flakes_offer_the_module() -> None:
    for flake in (HERE.parents[2] / "flake.nix", HERE.parents[2] / "nivis_tofu/nixlib/flake.nix"):
        outputs = f"((import {flake}).outputs {{ self = {{ }}; nixpkgs = {{ }}; }})"
        if flake.parent.name == "nixlib":
            outputs = f"((import {flake}).outputs {{ self = {{ }}; }})"
        found = harness.value(f"let f = {outputs}; in map toString [ f.flakeModule f.flakeModules.default ]")
        assert [Path(path).name for path in found] == ["flake-module.nix"] * 2
        assert Path(found[0]).is_file()


def test_no_case_is_missed() -> None:
    assert sorted(VALUES) == sorted(values(STAND_IN))
    names = harness.value(f"builtins.attrNames (import {HERE}/errors.nix (import {STAND_IN}))")
    assert sorted(ERRORS) == sorted(names)
