"""Set up what nivis is developed and tested with: Python packages, Nix, OpenTofu. Run by `make setup`.

Nothing else in the repository downloads anything. Standard library only: it runs before there are packages.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.release.pinned import VERSION
from nivis_tofu.system.locate import Engine, cache_dir, find_engine, find_nix
from tools import opentofu
from tools.steps import SetupError, apt_install, output_of, run_alive, say

REPOSITORY = Path(__file__).resolve().parent.parent
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin/python"


def main() -> int:
    env = dict(os.environ)
    try:
        python_packages()
        byte_code()
        nix(env)
        engine(env)
    except SetupError as error:
        print(f"\nset-up failed: {error}", file=sys.stderr)
        return 1
    except NivisError as error:
        for problem in error.diagnostics:
            print(f"\nset-up failed: {problem.summary}. {problem.detail}", file=sys.stderr)
            print(f"hint: {problem.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; `make setup` goes on where it stopped", file=sys.stderr)
        return 130
    say("Ready.")
    return 0


def python_packages() -> None:
    """The project, editable, and its development packages in `.venv`."""
    stamp = VENV / "set-up-for"
    inputs = [REPOSITORY / "pyproject.toml", REPOSITORY / "nivis_tofu/__init__.py"]
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    # A virtual environment has absolute paths in it: it cannot be moved, nor outlive its interpreter.
    wanted = f"{VENV}\n{platform.python_version()}\n{state}\n"
    version = output_of([PYTHON, "-c", "import platform; print(platform.python_version())"]).strip()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and version:
        say(f"1. Python packages: {version} in .venv")
        return
    say(f"1. Python packages: installing into .venv with Python {platform.python_version()}")
    if version != platform.python_version() or not output_of([PYTHON, "-m", "pip", "--version"]):
        make_venv()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_alive([*pip, "--editable", REPOSITORY, *group(project["dependency-groups"], "dev")], "pip install")
    stamp.write_text(wanted, encoding="utf-8")


def byte_code() -> None:
    """Compile the project as pip compiles what it installs: where Python may not do it, each start would anew."""
    run_alive([PYTHON, "-m", "compileall", "-q", REPOSITORY / "nivis_tofu"], "compileall")


def make_venv() -> None:
    argv = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(argv, capture_output=True).returncode == 0:
        return
    # Debian ships Python without the part that puts pip into a new environment.
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not apt_install(package) or subprocess.run(argv).returncode != 0:
        raise SetupError(f"`python3 -m venv` does not work here.\nhint: install the package `{package}`")


def group(groups: dict[str, Any], name: str) -> list[str]:
    """The requirements of a dependency group (older versions of pip have no `--group`)."""
    found: list[str] = []
    for entry in groups[name]:
        found += [entry] if isinstance(entry, str) else group(groups, entry["include-group"])
    return found


def nix(env: dict[str, str]) -> None:
    try:
        exe = find_nix(env)
    except NivisError:
        say("2. Nix: not found, installing the package nix-bin")
        apt_install("nix-bin")
        exe = find_nix(env)
    check = [str(exe), "--extra-experimental-features", "nix-command", "eval", "--expr", "1 + 1"]
    done = subprocess.run(check, capture_output=True, text=True, env=env)
    if done.returncode != 0 or done.stdout.strip() != "2":
        raise SetupError(
            f"Nix is installed ({exe}) but does not evaluate `1 + 1`:\n{done.stderr.strip()}\n"
            "hint: an ordinary user needs the Nix daemon (on Debian also the group `nix-users`), or a store "
            "of one's own: `export NIX_REMOTE=$HOME/nix-store`, or https://nixos.org/download/"
        )
    say(f"2. Nix: {output_of([exe, '--version'], env).strip()} ({exe})")


def engine(env: dict[str, str]) -> None:
    found = usable_engine(env)
    if found is None:
        say(f"3. Engine: no OpenTofu found, getting {VERSION}")
        opentofu.install(cache_dir(env), env, PYTHON)
        found = find_engine(None, env, output_of)
    lines = output_of([found.exe, "version"], env).splitlines()
    version = next((line for line in lines if line.startswith(("OpenTofu v", "Terraform v"))), "no version")
    say(f"3. Engine: {version} ({found.exe})")


def usable_engine(env: dict[str, str]) -> Engine | None:
    """What nivis would use, if it is OpenTofu: Terraform is for those who ask for it."""
    try:
        found = find_engine(None, env, output_of)
    except NivisError:
        if env.get("NIVIS_TOFU"):
            raise
        return None
    return found if found.kind == "tofu" or found.source == "NIVIS_TOFU" else None


if __name__ == "__main__":
    sys.exit(main())
