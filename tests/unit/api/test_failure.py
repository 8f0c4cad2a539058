"""An error as a program gets it."""

from __future__ import annotations

import errno
import signal
import traceback
from collections.abc import Iterator

import pytest

from nivis_tofu.api import failure
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Interrupted, NixError
from nivis_tofu.core.run_result import AppliedChange, RunResult


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


@pytest.fixture
def interrupts() -> Iterator[None]:
    """A program that has Python's own handler."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_a_signal_goes_to_the_handler_of_the_program() -> None:
    result = RunResult((AppliedChange("p.t.a", "create", 1, 0.0),))
    error = Interrupted(Diagnostic("Interrupted"), signal=signal.SIGINT).with_run_result(result)
    with pytest.raises(KeyboardInterrupt) as caught:
        failure.pass_on(error)
    assert caught.value.__notes__ == ["The state is saved. Done before: create p.t.a."]
    assert caught.value.__suppress_context__


@pytest.mark.usefixtures("interrupts")
def test_other_ends_are_none_of_its_business() -> None:
    failure.pass_on(Interrupted(Diagnostic("Interrupted"), signal=0))
    failure.pass_on(NixError(Diagnostic("It failed")))
