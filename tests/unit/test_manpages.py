"""Man pages are made from the command line: one for each verb, in macros that man knows."""

from __future__ import annotations

import re

from tools import manpages

PAGES = manpages.pages()
MACROS = {".TH", ".SH", ".TP", ".B"}


def test_each_verb_has_a_page_and_the_first_one_lists_them() -> None:
    assert {"nivis.1", "nivis-plan.1", "nivis-state-mv.1", "nivis-setup.1"} <= PAGES.keys()
    listed = {name.replace(r"\-", "-").replace(" ", "-") for name in re.findall(r"\\fB(.+)\\fR\(1\)", PAGES["nivis.1"])}
    assert {f"{name}.1" for name in listed} == PAGES.keys() - {"nivis.1"}


def test_options_stand_where_they_belong() -> None:
    assert r"\fB\-\-parallelism\fR" in PAGES["nivis.1"]
    assert r"\fB\-\-parallelism\fR" not in PAGES["nivis-plan.1"]
    assert r"\fB\-\-from\fR \fIZIP\fR" in PAGES["nivis-setup.1"]


def test_text_is_never_a_macro() -> None:
    for name, text in PAGES.items():
        assert {line.split(" ")[0] for line in text.splitlines() if line.startswith((".", "'"))} <= MACROS, name
    assert manpages._text(".nivis/ is a\\b\n'x") == "\\&.nivis/ is a\\eb\n\\&'x"
