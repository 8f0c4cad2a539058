"""What would command a terminal is shown, not sent."""

from __future__ import annotations

import unicodedata

import pytest

from nivis_tofu.core import visible

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Classes of characters that change the direction of what follows."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\u001b[2J"),
        ("a\r\x00\x7f\x9b", "a\\u000d\\u0000\\u007f\\u009b"),
        ("\u202eabc\u2066\u2028", "\\u202eabc\\u2066\\u2028"),
        ("\U000e0041", "\\U000e0041"),
        ("é ✓ 漢字 👩\u200d🚀\t\\", "é ✓ 漢字 👩\u200d🚀\t\\"),
    ],
)
def test_block(text: str, shown: str) -> None:
    assert visible.block(text) == visible.line(text) == shown


def test_colours_of_another_program_go_and_nothing_else() -> None:
    assert visible.uncoloured("\x1b[1;31mFAIL\x1b[0m \x1b[38:5:9m- main\x1b[m\x1b[2J") == "FAIL - main\x1b[2J"


def test_a_line_is_one_line() -> None:
    assert visible.block("a\nb") == "a\nb"
    assert visible.line("a\nb") == "a\\nb"


def test_no_control_character_of_unicode_passes() -> None:
    # Above the first two planes there is none.
    every = [chr(n) for n in range(0x20000)]
    kept = [c for c in every if unicodedata.category(c) in ("Cc", "Zl", "Zp")]
    assert {c for c in kept if visible.block(c) == c} == {"\n", "\t"}
    turning = [c for c in every if unicodedata.bidirectional(c) in TURNING]
    assert len(turning) == len(TURNING)
    assert all(visible.block(c) != c for c in turning)


def test_a_file_name_that_is_no_text_is_left_to_the_stream() -> None:
    assert visible.block("\udcff") == "\udcff"
    assert visible.block("\ud800") == "\\ud800"
