from __future__ import annotations

from collections.abc import Iterator

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
    assert Redactor(secrets).finds(text) is (text != shown)


def test_redactor_learns() -> None:
    redactor = Redactor()
    assert redactor.redact("tops3cret") == "tops3cret"
    redactor.add(["tops3cret"])
    assert redactor.redact("tops3cret") == "(sensitive)"


@pytest.mark.parametrize("others", [0, 5_000])
def test_what_overlaps_goes_as_a_whole(others: int) -> None:
    """However many secrets there are, which decides how they are looked for."""
    redactor = Redactor(["abcd", "cdefgh", "aaaa", *(f"other {n} secret" for n in range(others))])
    for text, shown in {
        "x abcdefgh y": "x (sensitive) y",
        "abcdabcd": "(sensitive)(sensitive)",
        "baaaaaab": "b(sensitive)b",
        "": "",
        "abc": "abc",
        "nothing " * 20: "nothing " * 20,
        "long " * 9_000 + "abcdefgh": "long " * 9_000 + "(sensitive)",
    }.items():
        assert redactor.redact(text) == shown


def test_a_text_is_not_searched_for_each_of_many_secrets() -> None:
    class Forms(set[str]):
        """Counts how often it is asked, or gone through."""

        asked = 0

        def __contains__(self, form: object) -> bool:
            self.asked += 1
            return set.__contains__(self, form)

        def __iter__(self) -> Iterator[str]:
            self.asked += len(self)
            return set.__iter__(self)

    redactor = Redactor(f"secret number {n:02}" for n in range(9_000))
    redactor._forms = found = Forms(redactor._forms)
    found.asked = 0
    assert redactor.redact("secret number x: created") == "secret number x: created"
    assert redactor.redact("it is secret number 7777") == "it is (sensitive)"
    assert found.asked < 20
