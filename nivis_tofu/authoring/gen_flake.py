"""Constructors as a flake in the Nix store: nothing to commit, and the same path for the same provider everywhere.

The tree has one directory, `<host>/<namespace>/<name>/<version>`, which is the flake. As this is the `dir` of the
input, a lock file alone says what to generate where the store does not have it yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nivis_tofu.authoring import gen
from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NixError
from nivis_tofu.nix import syntax
from nivis_tofu.project.provider_schemas import Provided
from nivis_tofu.system import notes, process

TREE = "source"
"""What Nix calls a tree that it takes for an input; one of this name it does not copy again."""
_STORED = re.compile(r"/nix/store/[0-9a-z]{32}-source\Z")
_DIR = re.compile(r"(?P<source>[^/]+/[^/]+/[^/]+)/(?P<version>[^/]+)\Z")

Add = Callable[[Path], Path]
"""Adds a directory to the Nix store."""


@dataclass(frozen=True)
class Input:
    """An input of a flake that `gen` made."""

    name: str
    source: str
    version: str
    path: Path

    @property
    def dir(self) -> str:
        return f"{self.source}/{self.version}"

    @property
    def text(self) -> str:
        """How the input is written in a flake."""
        path, below = syntax.string(str(self.path)), syntax.string(self.dir)
        return f'inputs.{syntax.key(self.name)} = {{ type = "path"; path = {path}; dir = {below}; }};'


def into_store(types: gen.Types, folder: Path, add: Add, tell: gen.Tell) -> Input:
    """Write constructors below `folder` and add them to the store. Raises NixError."""
    provider = types.provider
    tree = folder / TREE
    notes.clear(tree)
    found = Input(provider.source.rsplit("/", 1)[-1], provider.source, provider.version or "unversioned", tree)
    (tree / found.dir).mkdir(parents=True)
    gen.write(types, found.name, tree / found.dir, tell)
    below = syntax.string(f"{found.dir}/flake.nix")
    # Without `dir` it is the same flake: Nix 2.8 takes none where an input is named on the command line.
    (tree / "flake.nix").write_text(f"# {syntax.GENERATED}\nimport (./. + {syntax.string('/')} + {below})\n")
    stored = add(tree)
    notes.clear(tree)
    return Input(found.name, found.source, found.version, stored)


def store_adder(exe: Path, env: Mapping[str, str]) -> Add:
    """`exe`: the `nix` command; `nix-store` lies beside it."""

    def add(tree: Path) -> Path:
        done = process.run((str(exe.parent / "nix-store"), "--add", str(tree)), cwd=tree.parent, env=env)
        if done.returncode:
            why = "Nix could not add the constructors to its store; its own words follow."
            raise NixError(Diagnostic("The constructors were not stored", why), raw=done.stderr)
        return Path(done.stdout.strip())

    return add


def inputs(lock: Path) -> Iterator[Input]:
    """The inputs of a flake that `gen` made, as its lock file names them."""
    try:
        document = json_text.loads(lock.read_text(encoding="utf-8"))
        nodes = document["nodes"]
        named = nodes[document["root"]]["inputs"].items()
        yield from (found for name, key in named if isinstance(key, str) and (found := _input(name, nodes[key])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return


def _input(name: str, node: Mapping[str, Any]) -> Input | None:
    match node.get("locked"):
        case {"type": "path", "path": str(path), "dir": str(below)} if _STORED.match(path):
            found = _DIR.match(below)
            return Input(name, found["source"], found["version"], Path(path)) if found else None
    return None


def restored(
    missing: Sequence[Input], provided: Callable[[Input], Provided], folder: Path, add: Add, tell: gen.Tell
) -> dict[str, Path]:
    """Generate what the store lacks; the paths of those that came out otherwise than locked, by the input's name."""
    others = {}
    for lacking in missing:
        made = into_store(gen.chosen(provided(lacking)), folder, add, tell)
        if made.path != lacking.path:
            others[lacking.name] = made.path
    return others
