"""Flags win over the environment, and only words that mean something count."""

from __future__ import annotations

import pytest

from nivis_tofu.cli import plan_style
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import PlanStyle


@pytest.mark.parametrize(
    ("flag", "diff", "variable", "expected"),
    [
        (None, False, "", None),
        (None, False, "full", PlanStyle.full),
        (None, True, "full", PlanStyle.diff),
        (PlanStyle.list, True, "full", PlanStyle.list),
        (PlanStyle.full, False, "nonsense", PlanStyle.full),
    ],
)
def test_what_is_wished_for(
    monkeypatch: pytest.MonkeyPatch, flag: PlanStyle | None, diff: bool, variable: str, expected: PlanStyle | None
) -> None:
    monkeypatch.setenv("NIVIS_STYLE", variable)
    assert plan_style.wished(flag, diff) == expected


@pytest.mark.parametrize("word", ["loud", "DIFF", "list "])
def test_no_style(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("NIVIS_STYLE", word)
    with pytest.raises(NivisError, match="Unknown style of a plan") as caught:
        plan_style.wished(None, False)
    assert f"NIVIS_STYLE is `{word}`." in caught.value.diagnostics[0].detail
