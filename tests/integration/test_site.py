"""The documentation site builds: every link and anchor leads somewhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?(https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)]
    done = subprocess.run(argv, cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_page_is_there_and_can_be_searched(site: Path) -> None:
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    for page in (TOP / "docs").rglob("*.md"):
        path = page.relative_to(TOP / "docs").with_suffix("")
        folder = path.parent if path.name in ("index", "README") else path
        assert (site / folder / "index.html").exists(), page
        where = "" if folder == Path() else f"{folder}/"
        assert f'"location":"{where}"' in index, page


def test_a_reader_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = re.sub(r'<link rel="?canonical[^>]*>', "", page.read_text(encoding="utf-8"))
        assert not LOADED.search(text), page
