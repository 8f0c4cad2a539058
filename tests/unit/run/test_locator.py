"""Errors are about the newest evaluation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.errors import Interrupted, NivisError
from nivis_tofu.ir.model import IR
from nivis_tofu.run.locator import Locator

NONE = IR({}, {}, {})


def test_what_was_evaluated_last_tells_the_place(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("one\nsecret\n")
    locator = Locator(tmp_path, tmp_path, lambda text: text.replace("secret", "(sensitive)"))
    error = NivisError.of("x", address="output.a")
    assert locator.located(error).diagnostics == error.diagnostics
    locator.learn(replace(NONE, positions={"output.a": {"": Position(str(tmp_path / "flake.nix"), 1, 1)}}))
    locator.learn(replace(NONE, positions={"output.a": {"": Position("flake.nix", 2, 1)}}))
    found = locator.located(error)
    assert found.diagnostics[0].position == Position("flake.nix", 2, 1)
    assert "(sensitive)" in found.diagnostics[0].snippet
    assert error.diagnostics[0].position is None


def test_the_kind_of_an_error_stays(tmp_path: Path) -> None:
    locator = Locator(tmp_path, tmp_path, str)
    found = locator.located(Interrupted(signal=15))
    assert (type(found), found.exit_code) == (Interrupted, 143)
