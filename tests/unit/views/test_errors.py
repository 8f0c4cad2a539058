"""Errors as text."""

from __future__ import annotations

from nivis_tofu.diagnostics import Diagnostic, Position
from nivis_tofu.errors import NivisError
from nivis_tofu.views import errors


def test_everything_there_is() -> None:
    found = Diagnostic(
        "Summary",
        "Why.\n\nMore.",
        "do this",
        address="a.b.c",
        attribute="tags.Name",
        position=Position("flake.nix", 3, 7),
        snippet="x = 1;\ny = 2;",
    )
    assert errors.diagnostic(found) == (
        "error: Summary\n  at a.b.c, attribute tags.Name, flake.nix:3:7\n  | x = 1;\n  | y = 2;\n"
        "  Why.\n\n  More.\nhint: do this"
    )
    assert errors.diagnostic(Diagnostic("Only this", severity="warning")) == "warning: Only this"


def test_several_each_once_and_foreign_text_last() -> None:
    one, two = Diagnostic("One"), Diagnostic("Two")
    assert errors.error(NivisError(one, two, one)) == "error: One\nerror: Two\n"
    assert errors.error(NivisError(one, raw="error: from nix\n  at x\n\n")) == "error: One\nerror: from nix\n  at x\n"


def test_a_bug_tells_where_the_log_is_and_no_values() -> None:
    text = errors.bug(ValueError("hunter2"), ".nivis/bug.log")
    assert "This is a bug in nivis" in text
    assert ".nivis/bug.log" in text
    assert "hunter2" not in text
