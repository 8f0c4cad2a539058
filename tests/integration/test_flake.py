"""The flake as users of Nix meet it: run, built, overlaid, and as an input of their own flakes.

nixpkgs is a stand-in (`tests/support/nixpkgs`) whose `buildPythonApplication` builds and installs the wheel.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from nivis_tofu import __version__

pytestmark = pytest.mark.nix
ROOT = Path(__file__).parents[2]
STAND_IN = ROOT / "tests/support/nixpkgs"
SYSTEMS = ("x86_64-linux", "aarch64-linux", "x86_64-darwin", "aarch64-darwin")
LIBRARY = ROOT / "nivis_tofu/nixlib"
SETTINGS = (
    "experimental-features = nix-command flakes",
    "substitute = false",
    # The stand-in builds with the Python of this machine, which another user may not be able to read.
    "sandbox = false",
    "build-users-group =",
)
ENV = os.environ | {"NIX_CONFIG": "\n".join(SETTINGS)}


def nix(*argv: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["nix", *argv], cwd=cwd, env=ENV | more, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package is made of, in a directory of its own."""
    place = tmp_path_factory.mktemp("checkout")
    for name in ("flake.nix", "flake.lock", "nix", "nivis_tofu", "templates", "tools", "pyproject.toml", "README.md"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    shutil.copy(ROOT / "LICENSE", place)
    return place


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory, opentofu_exe: Path) -> tuple[str, ...]:
    """Options that put the stand-in in the place of nixpkgs."""
    place = tmp_path_factory.mktemp("nixpkgs")
    shutil.copytree(STAND_IN, place, dirs_exist_ok=True)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    host = {"python": sys.executable, "pythonName": python, "packages": str(Path(typer.__file__).parents[1])}
    host |= {"tofu": str(opentofu_exe), "git": shutil.which("git") or "", "nix": shutil.which("nix") or ""}
    (place / "host.nix").write_text("{ " + " ".join(f"{k} = {json.dumps(v)};" for k, v in host.items()) + " }\n")
    return ("--override-input", "nixpkgs", f"path:{place}", "--no-write-lock-file")


def test_every_output_is_there_for_every_system(checkout: Path, flags: tuple[str, ...]) -> None:
    done = nix("eval", "--json", *flags, "path:.#lib", "--apply", "l: l.version", cwd=checkout)
    assert json.loads(done.stdout) == __version__, done.stderr
    for system in SYSTEMS:
        for output in ("packages", "devShells"):
            done = nix("eval", "--raw", *flags, f"path:.#{output}.{system}.default.drvPath", cwd=checkout)
            assert done.stdout.endswith(".drv"), done.stderr
        done = nix("eval", "--json", *flags, f"path:.#apps.{system}.default", cwd=checkout)
        assert json.loads(done.stdout)["program"].endswith(f"-nivis-{__version__}/bin/nivis"), done.stderr
    asked = nix("eval", "--json", *flags, "path:.#packages.x86_64-linux.default.asked", cwd=checkout)
    assert set(json.loads(asked.stdout)) == dependencies(), asked.stderr
    overlay = nix(
        "eval", "--json", *flags, "path:.#overlays.default", "--apply",
        "o: builtins.attrNames (o { callPackage = _: _: 1; } { })", cwd=checkout,
    )  # fmt: skip
    assert json.loads(overlay.stdout) == ["nivis"], overlay.stderr


def dependencies() -> set[str]:
    """Names of what the wheel needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {re.split(r"[<>=~!\[; ]", text)[0].lower() for text in project["dependencies"]}


@pytest.mark.engine
def test_it_runs_from_nothing_to_destroyed(checkout: Path, flags: tuple[str, ...], tmp_path: Path) -> None:
    done = nix("run", *flags, "path:.", "--", "--version", cwd=checkout)
    assert done.stdout == f"nivis {__version__}\n", done.stderr
    built = nix("build", "--no-link", "--json", *flags, "path:.", cwd=checkout)
    out = Path(json.loads(built.stdout)[0]["outputs"]["out"])
    assert {p.name for p in (out / "share/completions").iterdir()} == {"bash", "zsh", "fish"}
    assert (out / "share/completions/bash/nivis").read_text().startswith("# bash completion of nivis")
    pages = {p.name for p in (out / "share/man/man1").iterdir()}
    assert {"nivis.1", "nivis-apply.1", "nivis-state-show.1"} <= pages
    project = tmp_path / "project"
    project.mkdir()

    def run(*argv: str) -> str:
        # Nothing of the user's: tofu, git and nix are those of the wrapper.
        env = {"HOME": str(tmp_path), "PATH": str(tmp_path), "NIX_CONFIG": ENV["NIX_CONFIG"]}
        done = subprocess.run(
            [out / "bin/nivis", *argv], cwd=project, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init", "--template", "multi-phase")
    assert run("apply").startswith("Applied ")
    assert run("plan").startswith("No changes.")
    assert "opentofu" in run("doctor")
    assert run("destroy").startswith("Destroyed ")


USER = """
{
  inputs.nivis.url = "path:@nivis@";
  @follows@
  outputs = { self, nivis, ... }: let lib = nivis.lib; in {
    nivis.plan = ledger: lib.toIR {
      providers.terraform = lib.mkProvider { source = "terraform.io/builtin/terraform"; };
      resources = [ (lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "a"; }) ];
      inherit ledger;
    };
  };
}
"""
FOLLOWS = 'inputs.nixpkgs.url = "path:@nixpkgs@"; inputs.nivis.inputs.nixpkgs.follows = "nixpkgs";'


@pytest.mark.parametrize("follows", ["", FOLLOWS], ids=["as it is", "nixpkgs follows"])
def test_the_library_of_a_user_needs_no_nixpkgs(
    checkout: Path, flags: tuple[str, ...], tmp_path: Path, follows: str
) -> None:
    """Locked without a download, evaluated without one: by the flake's own library and by the bundled one."""
    place = flags[2].removeprefix("path:")
    text = USER.replace("@follows@", follows).replace("@nivis@", str(checkout)).replace("@nixpkgs@", place)
    (tmp_path / "flake.nix").write_text(text)
    locked = nix("flake", "lock", "path:.", cwd=tmp_path)
    assert locked.returncode == 0, locked.stderr
    nodes = json.loads((tmp_path / "flake.lock").read_text())["nodes"]
    assert set(nodes) == {"root", "nivis", "nixpkgs"}
    plan = ("path:.#nivis.plan", "--apply", "f: (f { phase = 1; outputs = { }; vars = { }; }).schemaVersion")
    for library in ((), ("--override-input", "nivis", f"path:{LIBRARY}")):
        done = nix("eval", "--json", "--no-write-lock-file", *library, *plan, cwd=tmp_path)
        assert done.stdout.strip() == "1", done.stderr
    before = (tmp_path / "flake.lock").read_bytes()
    nivis = Path(sys.executable).with_name("nivis")
    for choice in ("bundled", "locked"):
        argv = [str(nivis), "graph", "--lib", choice]
        done = subprocess.run(argv, cwd=tmp_path, env=ENV, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "warning" not in done.stderr
    assert (tmp_path / "flake.lock").read_bytes() == before
