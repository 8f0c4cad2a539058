from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from nivis_tofu.authoring import scaffold
from nivis_tofu.core.errors import NivisError


def test_a_scaffold_names_the_project_as_a_nix_string(tmp_path: Path) -> None:
    made = scaffold.scaffold(tmp_path, "minimal", 'a "quoted" ${name}')
    assert made.created == (Path(".gitignore"), Path("flake.nix"))
    assert 'description = "a \\"quoted\\" \\${name}";' in (tmp_path / "flake.nix").read_text()
    again = scaffold.scaffold(tmp_path, "minimal", "other")
    assert (again.created, again.kept) == ((), made.created)


def test_every_template_is_described() -> None:
    there = {p.name for p in scaffold.templates_directory().iterdir() if p.is_dir()}
    assert there == set(scaffold.ABOUT)
    for name in there:
        ignored = (scaffold.templates_directory() / name / ".gitignore").read_text().splitlines()
        assert {".nivis/", "nivis.state.json*", "nivis.state.d/", "*.tfplan"} <= set(ignored)
        assert {"nivis_main.tf.json", "nivis_override.tf.json"} <= set(ignored)


def test_templates_ignore_the_files_that_the_documentation_writes() -> None:
    """A saved plan, and its JSON, hold secrets: whoever types what the pages say must not commit them."""
    top = Path(__file__).parents[3]
    pages = [*(top / "docs").rglob("*.md"), *(top / "gitlab").glob("*.yml")]
    text = "\n".join(page.read_text() for page in pages)
    plans = {n for n in re.findall(r"nivis plan [^\n`]*-out[ =]([\w.]+)", text) if not n.isupper()}
    shown = set(re.findall(r"nivis show [^|\n`]*> ([\w.]+)", text))
    assert {"tfplan", "plan.json"} <= plans | shown
    for name in scaffold.ABOUT:
        ignored = (scaffold.templates_directory() / name / ".gitignore").read_text().splitlines()
        for file in (*plans, *shown, *(f"{plan}.nivis.json" for plan in plans)):
            assert any(fnmatch(file, pattern) for pattern in ignored), f"{name}: {file}"


def test_a_template_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="No such template") as error:
        scaffold.scaffold(tmp_path, "minimall", "x")
    assert "minimal" in (error.value.diagnostics[0].hint or "")
    assert list(tmp_path.iterdir()) == []
