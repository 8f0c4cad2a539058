"""What does not print in values that change: nothing is hidden, and nothing reaches the terminal as it is."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.outcome import Attribute
from nivis_tofu.views import diff
from nivis_tofu.views.human import Style


def lines(before: Any, after: Any, action: Any = "update") -> list[str]:
    shown = list(diff.values([Attribute(("content",), action, before, after)], Style()))
    assert all(line.isprintable() for line in shown), shown
    return [line.removeprefix(" " * 9) for line in shown[1:]] if len(shown) > 1 else [shown[0].strip()]


def test_another_line_end_is_seen() -> None:
    assert lines("a\nb\n", "a\r\nb\r\n") == ['- "a"', '- "b"', '+ "a\\r"', '+ "b\\r"']


def test_white_space_at_the_end_is_seen_where_only_it_differs() -> None:
    assert lines("a\nb\nc", "a\nb  \nc") == ["  a", '- "b"', '+ "b  "', "  c"]
    assert lines("a\n\nc", "a\n  \nc") == ["  a", '- ""', '+ "  "', "  c"]
    assert lines("a\nb  \nc", "a\nx  \nc") == ["  a", "- b", "+ x", "  c"]


def test_a_line_that_only_moved_is_not_quoted() -> None:
    assert lines("\na\nb", "a\nb\n") == ["-", "  a", "  b", "+"]


@pytest.mark.parametrize(
    ("before", "after", "gone", "come"),
    [
        ("\x1b[31mred", "\x1b[32mred", r"\u001b[31mred", r"\u001b[32mred"),
        ("a\x9bm", "b\x7f", r"a\u009bm", r"b\u007f"),
        ("a\tb", r"a\tb", r'"a\tb"', r'"a\\tb"'),
        ("a b", "a\u00a0b", "a b", r"a\u00a0b"),
        ("\u202egnp", "png", r"\u202egnp", "png"),
    ],
)
def test_control_characters_are_escaped(before: str, after: str, gone: str, come: str) -> None:
    assert lines(f"x\n{before}\ny", f"x\n{after}\ny") == ["  x", f"- {gone}", f"+ {come}", "  y"]
    assert lines(None, f"x\n{before}", "create") == ["+ x", f"+ {gone.strip(chr(34))}"]
    assert lines(f"x\n{after}", None, "delete")[0] == "- x"


def test_letters_that_look_alike_are_quoted() -> None:
    assert lines("x\n\u00e9", "x\ne\u0301") == ["  x", r'- "\u00e9"', r'+ "e\u0301"']


def test_on_one_line_too() -> None:
    assert lines("a\x1b\x7f", "a\x9b") == [r'~ content = "a\u001b\u007f" -> "a\u009b"']


def test_json_that_is_laid_out() -> None:
    assert lines('{"a":"\x7f"}', '{"a":"\x9b"}') == ["  {", r'-   "a": "\u007f"', r'+   "a": "\u009b"', "  }"]
