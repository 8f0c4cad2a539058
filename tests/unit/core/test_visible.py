"""What would command a terminal is shown, not sent."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from nivis_tofu.core import visible


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


def test_a_line_is_one_line() -> None:
    assert visible.block("a\nb") == "a\nb"
    assert visible.line("a\nb") == "a\\nb"


def test_no_control_character_of_unicode_passes() -> None:
    kept = [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) in ("Cc", "Zl", "Zp")]
    assert {c for c in kept if visible.block(c) == c} == {"\n", "\t"}
    turning = [
        c for c in map(chr, range(0x110000)) if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF")
    ]
    turning += [c for c in map(chr, range(0x110000)) if unicodedata.bidirectional(c) in ("LRI", "RLI", "FSI", "PDI")]
    assert len(turning) == 9
    assert all(visible.block(c) != c for c in turning)


def test_a_file_name_that_is_no_text_is_left_to_the_stream() -> None:
    assert visible.block("\udcff") == "\udcff"
    assert visible.block("\ud800") == "\\ud800"
