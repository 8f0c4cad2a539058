"""Three lines and a caret."""

from __future__ import annotations

from nivis_tofu.core.excerpt import WIDTH, excerpt

TEXT = "one\n  two\n\tthree\n" + "four\n" * 8


def test_three_lines_and_a_caret() -> None:
    assert excerpt(TEXT, 2, 3) == "1 | one\n2 |   two\n  |   ^\n3 |  three"
    assert excerpt(TEXT, 1, 1) == "1 | one\n  | ^\n2 |   two"
    assert excerpt(TEXT, 10, 2).splitlines() == [" 9 | four", "10 | four", "   |  ^", "11 | four"]


def test_numbers_of_a_part_of_a_file() -> None:
    assert excerpt("x = 1\n", 1, 3, 41) == "41 | x = 1\n   |   ^"


def test_nothing_where_there_is_no_such_line() -> None:
    assert excerpt(TEXT, 99, 1) == excerpt("", 1, 1) == excerpt(TEXT, 0, 1) == ""


def test_a_long_line_is_shown_where_its_caret_is() -> None:
    row = "a" * 300 + "B" + "c" * 300
    shown, caret = excerpt(f"short\n{row}", 2, 301).splitlines()[1:]
    assert shown[caret.index("^")] == "B"
    assert len(shown) < WIDTH + 10
    assert excerpt(row, 1, 1).startswith("1 | aaa")


def test_a_column_far_behind_the_line() -> None:
    assert len(excerpt("a\nb", 1, 10**30)) < 100
