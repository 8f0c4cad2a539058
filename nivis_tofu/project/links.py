"""Links in a directory that stands in for another one: relative, so that a project can be moved with them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from nivis_tofu.core.globs import matches
from nivis_tofu.system import notes

MAIN = "main.tf.json"
OVERRIDE = "nivis_override.tf.json"
SETTINGS = "terraform.tf.json"
OWN = (MAIN, SETTINGS, OVERRIDE)
"""Files that are generated."""
SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")
_NOT_LINKED = (
    *(".nivis", ".git", ".terraform", ".terraform.lock.hcl", "flake.nix", "flake.lock", "nivis.*", "result", ".venv"),
    *("terraform.tfstate", "terraform.tfstate.*", ".*.lock.info", "nivis_main.tf.json", "nivis_override.tf.json"),
)


def entries(directory: Path) -> list[Path]:
    """What is linked into a directory that stands in for this one: all but what is nivis' and the engine's."""
    return [p for p in directory.iterdir() if is_linked(p.name)]


def is_linked(name: str) -> bool:
    """Not what belongs to nivis or to the engine; state files of others are read by data sources."""
    return not any(matches(pattern, name) for pattern in _NOT_LINKED)


def link(here: Path, place: Path) -> None:
    """Create a link. Raises FileExistsError if something is there."""
    here.symlink_to(_between(here, place))


def point(here: Path, place: Path) -> None:
    """Create a link, replacing whatever was there."""
    if not (here.is_symlink() and str(here.readlink()) == _between(here, place)):
        notes.clear(here)
        link(here, place)


def _between(here: Path, place: Path) -> str:
    return os.path.relpath(os.path.realpath(place), os.path.realpath(here.parent))


def link_all(target: Path, wanted: Mapping[str, Path], copied: Collection[Path] = ()) -> None:
    """Links by these names and no others; `copied`: what gets a copy instead."""
    clean(target, wanted)
    for name, path in wanted.items():
        here = target / name
        if path in copied:
            if here.is_symlink():
                here.unlink()
        elif not here.is_symlink():
            link(here, path)


def clean(target: Path, wanted: Mapping[str, Path]) -> None:
    """Remove what an earlier run linked or copied and this one does not need."""
    for old in target.iterdir():
        if old.name in (*OWN, ".terraform", ".terraform.lock.hcl"):
            continue
        if not (old.is_symlink() or old.name.endswith(SUFFIXES)):
            continue
        if not (old.name in wanted and old.is_symlink() and old.resolve() == wanted[old.name].resolve()):
            old.unlink()
