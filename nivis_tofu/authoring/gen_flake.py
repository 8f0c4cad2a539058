"""Constructors as a flake in the Nix store: nothing to commit, and the same path for the same provider everywhere.

The tree has one directory, `<host>/<namespace>/<name>/<version>`, which is the flake. As this is the `dir` of the
input, a lock file alone says what to generate where the store does not have it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nivis_tofu.authoring import gen
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NixError
from nivis_tofu.nix import syntax
from nivis_tofu.nix.generated import GeneratedInput
from nivis_tofu.system import notes, process

TREE = "source"
"""What Nix calls a tree that it takes for an input; one of this name it does not copy again."""

Add = Callable[[Path, str], Path]
"""Adds a directory to the Nix store, where it stays for as long as nothing else is added under the same name."""


def into_store(types: gen.Types, name: str, folder: Path, add: Add, tell: gen.Tell) -> GeneratedInput:
    """Write constructors below `folder` and add them to the store. `name`: of the input. Raises NixError."""
    provider = types.provider
    tree = folder / TREE
    notes.clear(tree)
    found = GeneratedInput(name, provider.source, provider.version, tree)
    (tree / found.dir).mkdir(parents=True)
    gen.write(types, name, tree / found.dir, tell)
    # Without `dir` it is the same flake: Nix 2.8 takes none where an input is named on the command line.
    flake = f"import (./. + {syntax.string(f'/{found.dir}/flake.nix')})"
    whole = f"# {syntax.GENERATED}\n{{ outputs = {{ self }}: ({flake}).outputs {{ inherit self; }}; }}\n"
    (tree / "flake.nix").write_text(whole, encoding="utf-8")
    stored = add(tree, name)
    notes.clear(tree)
    return GeneratedInput(name, found.source, found.version, stored)


def store_adder(exe: Path, env: Mapping[str, str], roots: Path) -> Add:
    """`exe`: the `nix` command, beside `nix-store`. `roots`: where links keep what was added from being collected."""
    store = str(exe.parent / "nix-store")

    def add(tree: Path, name: str) -> Path:
        done = process.run((store, "--add", str(tree)), cwd=tree.parent, env=env)
        if done.returncode:
            why = "Nix could not add the constructors to its store; its own words follow."
            raise NixError(Diagnostic("The constructors were not stored", why), raw=done.stderr)
        path, root = done.stdout.strip(), notes.directory(roots) / name
        # Without a root they are generated again one day, so a store that takes none will do.
        process.run((store, "--realise", path, "--add-root", str(root), "--indirect"), cwd=roots, env=env)
        return Path(path)

    return add
