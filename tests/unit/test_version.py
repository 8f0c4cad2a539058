"""There is one version, and everything that states one agrees with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nivis_tofu

TOP = Path(__file__).parents[2]
VERSION = nivis_tofu.__version__


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_the_package_takes_it_from_the_code() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "nivis_tofu/__init__.py"


def test_the_nix_library_has_the_same() -> None:
    text = (TOP / "nivis_tofu/nixlib/default.nix").read_text(encoding="utf-8")
    assert re.findall(r'\bversion = "([^"]+)"', text) == [VERSION]


def test_nothing_else_states_another() -> None:
    """Documentation, flake and workflows name the version as it is, or read it from the code."""
    pages = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md"), TOP / "flake.nix"]
    stated = re.compile(r"(?:nivis[ _-](?:tofu[=-]+)?v?|lib\.version\s+# \")(\d+\.\d+\.\d+)", re.IGNORECASE)
    found = {(page.name, other) for page in pages for other in stated.findall(page.read_text(encoding="utf-8"))}
    assert {name for name, other in found if other != VERSION} == set()
    assert ("nix-library.md", VERSION) in found


def test_the_changelog_is_newest_first() -> None:
    headings = re.findall(r"^## (.+)$", (TOP / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[0] == "Unreleased"
    released = [tuple(map(int, heading.split()[0].split("."))) for heading in headings[1:]]
    assert released == sorted(released, reverse=True)
    assert all(version <= tuple(map(int, VERSION.split("."))) for version in released)
