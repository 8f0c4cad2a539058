"""Errors: what they carry, and the code that a run ends with."""

from __future__ import annotations

import pickle

import pytest

from nivis_tofu.core import errors
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import ExitCode, Interrupted, NivisError, NotConverged
from nivis_tofu.core.run_result import AppliedChange, RunResult


def test_of_makes_one_finding() -> None:
    error = errors.NixError.of("What", "Why.", "Do.", address="a.b", raw="Nix's own words")
    assert type(error) is errors.NixError
    assert error.diagnostics == (Diagnostic("What", "Why.", "Do.", address="a.b"),)
    assert (error.raw, error.exit_code) == ("Nix's own words", 1)


def test_the_text_for_logs_names_all_findings() -> None:
    assert str(NivisError(Diagnostic("One"), Diagnostic("Two", "detail"))) == "One; Two"


@pytest.mark.parametrize(("signal", "code"), [(2, 130), (1, 130), (15, 143)])
def test_a_signal_has_its_code(signal: int, code: int) -> None:
    assert Interrupted(Diagnostic("Interrupted"), signal=signal).exit_code == code


def test_only_what_did_not_converge_ends_with_three() -> None:
    kinds: list[type[NivisError]] = [NivisError, *NivisError.__subclasses__()]
    codes = {cls: cls.exit_code for cls in kinds}
    assert [cls for cls, code in codes.items() if code == ExitCode.NOT_CONVERGED] == [NotConverged]
    assert ExitCode.CHANGES not in codes.values()  # only -detailed-exitcode says that


def test_another_finding_makes_another_error_of_the_same_kind() -> None:
    fault = errors.VariableFault("missing", "zone", "str")
    first = errors.NixError(Diagnostic("One"), raw="Nix's own words", fault=fault)
    other = first.with_(*first.diagnostics, Diagnostic("Two", hint="Its own."))
    assert (type(other), other.raw, other.fault, str(other)) == (errors.NixError, first.raw, fault, "One; Two")
    assert [d.hint for d in other.with_hint("Do.").diagnostics] == ["Do.", "Its own."]
    assert first.diagnostics == (Diagnostic("One"),)


def test_an_error_goes_to_other_processes_whole() -> None:
    fault = errors.VariableFault("missing", "zone", "str")
    result = RunResult((AppliedChange("a", "create", 1, 0.5),))
    first = errors.NixError(Diagnostic("One", "Why."), raw="Nix's own words", fault=fault).with_run_result(result)
    first.add_note("said")
    kinds: list[NivisError] = [first, Interrupted(Diagnostic("Interrupted"), signal=15), NotConverged.of("No")]
    for error in kinds:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
