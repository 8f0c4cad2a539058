from __future__ import annotations

import json

from nivis_tofu.core.errors import ExitCode
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import done, lines, nothing, report

PLAIN = Style()


def test_a_text_is_whole_lines_or_nothing() -> None:
    assert lines("a", "", "b")(PLAIN) == "a\n\nb\n"
    assert lines()(PLAIN) == nothing(PLAIN) == ""


def test_what_was_done_is_a_row_each_and_one_line_of_json() -> None:
    page = done({"gone": ["a\x1b"]}, " x a\x1b", before=lines("first"))
    assert page.text(PLAIN) == " x a\\u001b\n"
    assert page.before(PLAIN) == "first\n"
    assert json.loads(page.document()) == {"version": 1, "gone": ["a\x1b"]}
    assert "\n" not in page.document()
    assert page.code is ExitCode.OK


def test_what_is_looked_at_is_laid_out() -> None:
    page = report({"found": [1]}, lines("one"), after=lines("last"))
    assert page.document() == '{\n  "found": [\n    1\n  ],\n  "version": 1\n}'
    assert page.after(PLAIN) == "last\n"
