from __future__ import annotations

import pytest

from nivis_tofu.core.redactor import Redactor


@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        (["hunter2"], "the password hunter2!", "the password (sensitive)!"),
        (["hunter2", "hunter2-and-more"], "hunter2-and-more", "(sensitive)"),
        (["abc"], "abc stays: too short to be told from text", "abc stays: too short to be told from text"),
        (['say "hi"'], '{"x": "say \\"hi\\""}', '{"x": "(sensitive)"}'),
        (["first line\nsecond line"], "got second line here", "got (sensitive) here"),
        (["first line\nsecond line"], "first line\nsecond line", "(sensitive)"),
        (["first line\nsecond line"], '"first line\\nsecond line"', '"(sensitive)"'),
        (["schlüssel"], '"schl\\u00fcssel" schlüssel', '"(sensitive)" (sensitive)'),
        (["      "], "      indented", "      indented"),
    ],
)
def test_redactor(secrets: list[str], text: str, shown: str) -> None:
    assert Redactor(secrets).redact(text) == shown


def test_redactor_learns() -> None:
    redactor = Redactor()
    assert redactor.redact("tops3cret") == "tops3cret"
    redactor.add(["tops3cret"])
    assert redactor.redact("tops3cret") == "(sensitive)"
