"""What the environment says, and what it cannot say."""

from __future__ import annotations

import pytest

from nivis_tofu.api import told
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize("word", ["always", "auto", "name", ""])
def test_when_to_ask(word: str) -> None:
    assert told.ask({"NIVIS_ASK": word}) == word


@pytest.mark.parametrize(
    ("word", "found"),
    [("1", "on"), ("true", "on"), ("0", "off"), ("careful", "careful"), ("", "")],
)
def test_one_plan_or_phases(word: str, found: str) -> None:
    assert told.one_plan({"NIVIS_ONE_PLAN": word}) == found


def test_other_words_are_refused() -> None:
    with pytest.raises(NivisError, match="Unknown NIVIS_ASK"):
        told.ask({"NIVIS_ASK": "sometimes"})
    with pytest.raises(NivisError, match="Unknown NIVIS_ONE_PLAN"):
        told.one_plan({"NIVIS_ONE_PLAN": "perhaps"})
