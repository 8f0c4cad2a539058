from __future__ import annotations

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position


def test_a_place_is_written_as_editors_read_it() -> None:
    assert str(Position("a b/flake.nix", 3, 7)) == "a b/flake.nix:3:7"
    assert str(Position("flake.nix", 3)) == "flake.nix:3:1"


def test_equal_findings_are_one() -> None:
    assert (
        len({Diagnostic("a", "b"), Diagnostic("a", "b", severity="error"), Diagnostic("a", "b", severity="warning")})
        == 2
    )


def test_a_finding_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Diagnostic("a").summary = "b"  # type: ignore[misc]  # what is tried
