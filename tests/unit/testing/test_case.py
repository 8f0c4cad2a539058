from __future__ import annotations

from nivis_tofu.core.errors import NivisError
from nivis_tofu.testing.case import Case, Check, Verdict


def test_a_run_is_fine_if_nothing_failed() -> None:
    case = Case("a")
    assert Verdict(case, 0).ok
    assert Verdict(case, 0, checks=(Check("x", True),)).ok
    assert not Verdict(case, 0, checks=(Check("x", True), Check("y", False))).ok
    assert not Verdict(case, 0, error=NivisError.of("x")).ok
