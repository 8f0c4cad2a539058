"""`convert` on disk: reads a directory of `.tf` files, writes a flake and the values of its variables."""

from __future__ import annotations

import os
from pathlib import Path

from nivis_tofu.authoring.convert import convert
from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.nix.variable_files import SUFFIXES, read_file
from nivis_tofu.nix.variables import AUTO
from nivis_tofu.project import root_module
from nivis_tofu.system.destination import Destinations
from nivis_tofu.system.files import write_atomic


@immutable
class Written:
    files: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


def write(source: Path, project: Path) -> Written:
    """Write the flake; no existing file is overwritten, and the `.tf` files stay."""
    flake, values = project / "flake.nix", project / f"{AUTO}json"
    root = root_module.read(source)
    if not root.blocks:
        raise NivisError.of(
            "Nothing to convert", f"There are no `.tf` files in {source}.", "Name the directory that contains them."
        )
    found = convert(root, project)
    given, left = _given(source, found.secret)
    for path in (flake, *([values] if given else [])):
        if os.path.lexists(path):
            raise NivisError.of(f"There is a {path.name} already", f"{path} exists, and nivis overwrites nothing.")
    Destinations(source).directory(project).mkdir(parents=True, exist_ok=True)
    write_atomic(flake, found.text)
    flake.chmod(0o644)
    if given:
        write_atomic(values, json_text.dumps(given, indent=2) + "\n")
    files = [os.path.relpath(p, project) for p in (flake, values) if p.exists()]
    return Written(tuple(files), (*found.left, *left))


def _given(source: Path, secret: frozenset[str]) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """The values that the engine would read by itself, but for secret ones."""
    names = ["terraform.tfvars", "terraform.tfvars.json"]
    names += sorted(p.name for p in source.glob("*.auto.tfvars*") if p.name.endswith(SUFFIXES))
    given: dict[str, object] = {}
    left = []
    for name in names:
        if not (source / name).is_file():
            continue
        for variable, value in read_file(source / name).items():
            if variable in secret:
                left.append((f"{name}: {variable}", "sensitive: its value was not copied"))
            else:
                given[variable] = value
    return given, left
