"""The built wheel, installed into an empty environment away from the checkout, runs the demo."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[2]
SOURCES = (
    *("pyproject.toml", "README.md", "LICENSE", "Makefile", "flake.nix", "flake.lock"),
    *("nivis_tofu", "templates", "tools", "tests", "nix"),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist, and the wheel that was made out of it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    build(source, out)
    # Straight from the source, to compare with.
    build(source, out / "direct", "--wheel")
    return out


def build(source: Path, out: Path, *flags: str) -> None:
    argv = [sys.executable, "-m", "build", "--no-isolation", *flags, "--outdir", str(out), str(source)]
    subprocess.run(argv, check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def nivis(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script of a fresh environment; the dependencies are lent by this one."""
    home = tmp_path_factory.mktemp("env")
    venv.create(home, with_pip=False)
    python = home / "bin/python"
    argv = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(argv, check=True, capture_output=True, text=True)
    (site,) = home.glob("lib/python3.*/site-packages")
    # Only what .pth files name is added: an editable install of the checkout is not.
    (site / "lent.pth").write_text(f"{Path(typer.__file__).parents[1]}\n")
    return home / "bin/nivis"


def files_below(folder: str) -> set[str]:
    """What the repository has there, as the wheel names it."""
    base = ROOT / folder
    prefix = "nivis_tofu/" if folder == "templates" else ""
    found = (p for p in base.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {prefix + str(p.relative_to(ROOT)) for p in found}


def test_everything_that_is_needed_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert files_below("nivis_tofu") <= names
    assert files_below("templates") <= names
    assert {"nivis_tofu/ir.schema.json", "nivis_tofu/nixlib/default.nix", "nivis_tofu/nixlib/flake.nix"} <= names
    assert any(name.endswith("/flake.nix") and name.startswith("nivis_tofu/templates/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "tools/"))]


def test_the_source_package_makes_the_same_wheel(built: Path, wheel: Path) -> None:
    (direct,) = (built / "direct").glob("*.whl")
    assert wheel.read_bytes() == direct.read_bytes()


def test_the_page_on_pypi_stands_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    head, _, page = text.partition("\n\n")
    assert {"Homepage", "Documentation", "Changelog", "Issues"} <= set(
        re.findall(r"^Project-URL: (\w+), https://", head, re.M)
    )
    assert page.startswith("# nivis\n")
    links = re.findall(r"\]\(([^)\s]+)", re.sub(r"(?s)```.*?```", "", page))
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert "mermaid" not in page
    base = "https://github.com/wearetechnative/nivis/blob/main/"
    ours = [link.removeprefix(base).split("#")[0] for link in links if link.startswith(base)]
    assert ours
    assert [path for path in ours if not (ROOT / path).exists()] == []
    pictures = re.findall(r"https://raw\.githubusercontent\.com/wearetechnative/nivis/main/([^)\s]+)", page)
    assert [path for path in pictures if not (ROOT / path).exists()] == []


def test_the_command_has_the_name_of_the_package_too(nivis: Path) -> None:
    for name in ("nivis", "nivis-tofu"):
        done = subprocess.run([nivis.with_name(name), "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("nivis "), name


@pytest.mark.engine
@pytest.mark.nix
def test_the_demo_runs_with_it(nivis: Path, tofu_exe: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples/three-phases", project)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "PYTHON"))} | {"NIVIS_TOFU": str(tofu_exe)}

    def run(*argv: str) -> str:
        done = subprocess.run([nivis, *argv], cwd=project, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import nivis_tofu; print(nivis_tofu.__file__)"
    python = nivis.with_name("python")
    loaded = subprocess.run([python, "-c", where], cwd=project, env=env, capture_output=True, text=True, check=True)
    assert Path(loaded.stdout.strip()).is_relative_to(nivis.parents[1])
    assert run("apply").startswith("Applied 3 resource(s) across 3 phase(s):\n")
    assert run("plan") == "No changes. 3 resource(s) up to date.\n"
    assert run("destroy").startswith("Destroyed 3 resource(s):\n")
