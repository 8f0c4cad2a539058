"""The table of OpenTofu's verbs and flags is whole, and the page is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.cli.opentofu import VERBS
from tools import tofudoc

pytestmark = [pytest.mark.engine]


@pytest.fixture(scope="module")
def known(tofu_exe: Path) -> tofudoc.Helped:
    return tofudoc.helped(tofu_exe)


def test_the_table_has_every_verb_and_flag_that_the_engine_has(known: tofudoc.Helped) -> None:
    assert len(known) > 30
    assert {verb: set(names) for verb, names in known.items()} == {verb: set(flags) for verb, flags in VERBS.items()}


def test_the_page_is_up_to_date(known: tofudoc.Helped) -> None:
    assert tofudoc.TARGET.read_text(encoding="utf-8") == tofudoc.render(known), "run `python -m tools.tofudoc`"
