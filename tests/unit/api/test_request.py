"""What a request says, and how long it is patient."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.api.request import RunRequest, seconds_of
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("1m30s", 90), ("0s", 0), ("90", 90), ("1h30", 3630)]
)
def test_durations_as_the_engine_takes_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "5 minutes", "-5s", "5mx", "9" * 60, "9" * 100_000, "99999999h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(NivisError, match="Malformed duration"):
        seconds_of(text)


def test_a_stack_has_names_of_its_own(tmp_path: Path) -> None:
    plan, stack = RunRequest(tmp_path, {}), RunRequest(tmp_path, {}, stack="app")
    assert (plan.attribute, plan.state_file) == ("nivis.plan", tmp_path / "nivis.state.json")
    assert (stack.attribute, stack.state_file) == ("nivis.stacks.app", tmp_path / "nivis.app.state.json")


def test_what_may_be_secret_is_not_in_its_text(tmp_path: Path) -> None:
    given = RunRequest(tmp_path, {"A": "hush"}, variables={"b": "hush"}, var=("c=hush",), backend_config=("d=hush",))
    assert "hush" not in repr(given)
