"""An error as a program gets it."""

from __future__ import annotations

import errno
import traceback

from nivis_tofu.api import failure
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NixError


def test_a_traceback_says_what_the_command_line_says() -> None:
    error = failure.told(NixError(Diagnostic("It failed", "Why it did.", "Do this."), raw="Nix's own words"))
    assert isinstance(error, NixError)
    shown = "".join(traceback.format_exception(error))
    for text in ("It failed", "Why it did.", "hint: Do this.", "Nix's own words"):
        assert text in shown


def test_advice_that_is_known_for_an_error_of_a_provider_is_in_its_diagnostic() -> None:
    found = Diagnostic("No valid credential sources found", address='provider["registry.opentofu.org/hashicorp/aws"]')
    assert "AWS_PROFILE" in failure.told(NixError(found)).diagnostics[0].hint


def test_a_refusal_of_the_operating_system_has_a_diagnostic() -> None:
    error = failure.refused(OSError(errno.EACCES, "Permission denied", "/x/y"), "here")
    assert error.diagnostics[0].detail == "/x/y: Permission denied."
