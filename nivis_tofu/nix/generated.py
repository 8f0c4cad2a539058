"""Inputs of a flake that `nivis gen` made: trees in the Nix store, which can be made again from the lock file alone."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.nix import syntax

_STORED = regex(r"/nix/store/[0-9a-z]{32}-source\Z")
_DIR = regex(r"(?P<source>[^/]+/[^/]+/[^/]+)/(?P<version>[^/]+)\Z")
_DECLARED = regex(
    r"""((?<![\w'-])[\w'-]+|"[^"]+")\s*=\s*\{\s*type\s*=\s*"path";\s*path\s*=\s*"([^"]+)";\s*dir\s*=\s*"([^"]+)";\s*\}"""
)
_ARGUMENT = regex(r"^      ([\w'-]+) = \{", re.MULTILINE)
_OUTPUT = regex(r'"([^"]+)"')
UNVERSIONED = "unversioned"
"""In the place of a version where a provider has none."""


@immutable
class GeneratedInput:
    """The constructors of one version of a provider. `name`: of the input."""

    name: str
    source: str
    version: str
    path: Path

    @property
    def dir(self) -> str:
        return f"{self.source}/{self.version or UNVERSIONED}"

    @property
    def text(self) -> str:
        """How the input is written in a flake."""
        path, below = syntax.string(str(self.path)), syntax.string(self.dir)
        return f'inputs.{syntax.key(self.name)} = {{ type = "path"; path = {path}; dir = {below}; }};'


def inputs(flake: Path) -> list[GeneratedInput]:
    """Those of the flake in a directory, as it declares them itself or, else, as its lock file names them."""
    found = {one.name: one for one in _locked(flake / "flake.lock")}
    return [*(found | {one.name: one for one in _declared(flake / "flake.nix")}).values()]


def outputs(flake: Path, type_: str) -> set[str]:
    """What can be referred to of a resource type, as its constructor says; empty where there is none."""
    places = [one.path / one.dir for one in inputs(flake)]
    places += [index.parent for depth in ("*", "*/*") for index in flake.glob(f"{depth}/check.nix")]
    found: set[str] = set()
    for file in (place / "resources" / f"{type_}.nix" for place in places):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            shape = file.read_text(encoding="utf-8").partition("shape' = ")[2].partition("\n  };")[0]
            found |= {*_ARGUMENT.findall(shape), *_OUTPUT.findall(shape.rpartition("outputs = ")[2])}
    return found


def _declared(flake: Path) -> Iterator[GeneratedInput]:
    try:
        text = flake.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if '"path"' not in text:  # nearly every flake, without compiling the pattern
        return
    for name, path, below in _DECLARED.findall(text):
        if found := _input(name.strip('"'), {"locked": {"type": "path", "path": path, "dir": below}}):
            yield found


def _locked(lock: Path) -> Iterator[GeneratedInput]:
    try:
        document = json_text.loads(lock.read_text(encoding="utf-8"))
        nodes = document["nodes"]
        named = nodes[document["root"]]["inputs"].items()
        yield from (found for name, key in named if isinstance(key, str) and (found := _input(name, nodes[key])))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return


def _input(name: str, node: Mapping[str, Any]) -> GeneratedInput | None:
    match node.get("locked"):
        case {"type": "path", "path": str(path), "dir": str(below)} if _STORED.match(path):
            if found := _DIR.match(below):
                version = "" if found["version"] == UNVERSIONED else found["version"]
                return GeneratedInput(name, found["source"], version, Path(path))
    return None
