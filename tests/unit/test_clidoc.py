"""The reference page is what the program says."""

from __future__ import annotations

from tools import clidoc


def test_reference_page_is_up_to_date() -> None:
    assert clidoc.TARGET.read_text() == clidoc.render(), "run `python -m tools.clidoc`"
