"""The table of OpenTofu's verbs and flags is whole, and the page is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.cli.opentofu import VERBS
from nivis_tofu.release.pinned import VERSION
from tools import tofudoc
from tools.steps import output_of

pytestmark = [pytest.mark.engine]


@pytest.fixture(scope="module")
def known(opentofu_exe: Path) -> tofudoc.Helped:
    return tofudoc.helped(opentofu_exe)


@pytest.fixture(scope="module")
def pinned(opentofu_exe: Path) -> bool:
    """Is it the release that the table and the page are about? An older one has less, and nothing else."""
    # A warning about the CLI configuration, which is on stdout, may stand before it.
    return f"OpenTofu v{VERSION}\n" in output_of([opentofu_exe, "version"])


def test_the_table_has_every_verb_and_flag_that_the_engine_has(known: tofudoc.Helped, pinned: bool) -> None:
    assert len(known) > 30
    has = {(verb, name) for verb, names in known.items() for name in names}
    table = {(verb, name) for verb, flags in VERBS.items() for name in flags}
    assert has == table if pinned else has < table


def test_the_page_is_up_to_date(known: tofudoc.Helped, pinned: bool) -> None:
    page, made = tofudoc.TARGET.read_text(encoding="utf-8"), tofudoc.render(known)
    assert page == made if pinned else set(made.splitlines()) < set(page.splitlines()), "run `python -m tools.tofudoc`"
