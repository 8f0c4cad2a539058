"""The real AWS provider from this machine, linked into a filesystem mirror (it is too big to copy)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from nivis_tofu.release.pinned import system
from nivis_tofu.system.locate import home_dir

NAME = re.compile(r"terraform-provider-aws_v(\d+\.\d+\.\d+)(_x\d+)?")
REGISTRIES = ("registry.opentofu.org", "registry.terraform.io")
"""Where the engines look for a provider whose source names no host."""
DEPTH = 8
"""How far below each place is looked: a mirror is six levels deep."""


def find_aws_provider(env: Mapping[str, str]) -> Path | None:
    """The newest AWS provider for this system in the places where engines and packages keep them."""
    found = [path for place in _places(env) for path in _below(place, DEPTH)]
    return max(found, key=lambda path: tuple(map(int, version_of(path).split("."))), default=None)


def version_of(binary: Path) -> str:
    match = NAME.fullmatch(binary.name)
    assert match, binary
    return match[1]


def make_mirror(directory: Path, binary: Path) -> Path:
    """A mirror in `directory` with a link to `binary`; gives the CLI config file that names it."""
    mirror = directory / "mirror"
    for registry in REGISTRIES:
        source = mirror / registry / "hashicorp/aws" / version_of(binary) / system()
        source.mkdir(parents=True)
        (source / binary.name).symlink_to(binary)
    config = directory / "tofurc"
    # A JSON string is an HCL string as long as it has no template in it.
    config.write_text(f"provider_installation {{\n  filesystem_mirror {{ path = {json.dumps(str(mirror))} }}\n}}\n")
    return config


def _places(env: Mapping[str, str]) -> Iterator[Path]:
    if cache := env.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cache)
    if (home := home_dir(env)) is not None:
        yield home / ".terraform.d"
        for name in ("opentofu", "terraform"):
            yield Path(env.get("XDG_DATA_HOME") or home / ".local/share") / name
    for prefix in ("/usr/share", "/usr/local/share"):
        yield Path(prefix, "opentofu")
        yield Path(prefix, "terraform")
    yield Path("/opt")


def _below(place: Path, depth: int) -> Iterator[Path]:
    for root, directories, files in os.walk(place):
        here = Path(root)
        if len(here.relative_to(place).parts) >= depth:
            directories.clear()
        if here.name == system():
            yield from (here / name for name in files if NAME.fullmatch(name))
