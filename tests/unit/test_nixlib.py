"""Form of the Nix library's text."""

from __future__ import annotations

import re

from tests.support.source import ROOT

SAID_BY = {"trace.nix", "check.nix", "option_types.nix"}
"""`nixgen/check.nix` has no library beside it; an option conflicts in the words of nixpkgs."""


def test_errors_are_thrown_where_the_command_line_can_tell_them_from_others() -> None:
    """`check.fail "nivis.f: …"`: what throws by itself is told like an error of the flake's own."""
    library = [*(ROOT / "nixlib").rglob("*.nix"), *(ROOT / "nixgen").glob("*.nix")]
    alone = re.compile(r"^(?!\s*#).*(\b(throw|abort) (?!message\b)|\baddErrorContext\b)", re.M)
    found = {path.name for path in library if alone.search(path.read_text(encoding="utf-8"))}
    assert len(library) > 10
    assert found <= SAID_BY
