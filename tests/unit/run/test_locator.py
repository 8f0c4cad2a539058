"""Errors are about the newest evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.core.errors import Interrupted, IRError, NivisError
from nivis_tofu.core.packed import Packed
from nivis_tofu.run.locator import Locator
from tests.support.rendering import data, document


def answer(*resources: Any, **more: Any) -> Packed:
    return Packed.of(document(*resources, **more))


def test_what_was_evaluated_last_tells_the_place(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("one\nsecret\n")
    locator = Locator(tmp_path, tmp_path, lambda text: text.replace("secret", "(sensitive)"))
    error = NivisError.of("x", address="output.a")
    assert locator.located(error).diagnostics == error.diagnostics
    for file, line in ((str(tmp_path / "flake.nix"), 1), ("flake.nix", 2)):
        locator.read(answer(positions={"output.a": {"": {"file": file, "line": line}}}))
    found = locator.located(error)
    assert found.diagnostics[0].position == Position("flake.nix", 2, 1)
    assert "(sensitive)" in found.diagnostics[0].snippet
    assert error.diagnostics[0].position is None


def test_the_kind_of_an_error_stays(tmp_path: Path) -> None:
    locator = Locator(tmp_path, tmp_path, str)
    found = locator.located(Interrupted(signal=15))
    assert (type(found), found.exit_code) == (Interrupted, 143)


def test_the_same_document_is_read_once(tmp_path: Path) -> None:
    locator, given = Locator(tmp_path, tmp_path, str), answer(data("a", 1))
    assert locator.read(given) is locator.read(given)
    other = locator.read(answer(data("a", True)))
    assert [r.config["input"] is True for r in other.resources.values()] == [True]


def test_what_is_malformed_is_located(tmp_path: Path) -> None:
    entry = {**data("a", 1), "nothing": 1, "pos": {"": {"file": "flake.nix", "line": 3}}}
    with pytest.raises(IRError) as raised:
        Locator(tmp_path, tmp_path, str).read(answer(entry))
    assert raised.value.diagnostics[0].position == Position("flake.nix", 3, 1)


def test_a_document_that_somebody_else_has_read_is_not_read_again(tmp_path: Path) -> None:
    given, other = document(data("a", 1)), document(data("b", 1))
    ir = Locator(tmp_path, tmp_path, str).read(Packed.of(given))
    locator = Locator(tmp_path, tmp_path, str)
    locator.know([(other, ir), (given, ir)])
    assert locator.read(Packed.of(given)) is ir
    assert [*locator.read(Packed.of(dict(other))).resources] != [*ir.resources], "another one of the same name"
