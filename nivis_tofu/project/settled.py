"""What a configuration decides of its project: where the state is, where the engine runs, what joins it.

Data: Directories and an IR -> the root module that joins -> Settled: one value, handed on, made anew for another IR.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.model import IR
from nivis_tofu.project import backends, links, root_module, run_directory, stock_data
from nivis_tofu.project.backends import Backend
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.provider_mirror import Packaged
from nivis_tofu.project.root_module import RootModule
from nivis_tofu.project.run_directory import RunDirectory
from nivis_tofu.project.state_file import has_resources
from nivis_tofu.project.stock_data import Recorded


@immutable
class Settled:
    """Where the state of a configuration is and where the engine runs for it."""

    backend: Backend
    run: RunDirectory
    joined: RootModule | None = None
    packages: tuple[Packaged, ...] = ()
    """Providers that lie in directories."""


def first(at: Directories) -> Settled:
    """What holds before anything is known of the configuration."""
    tree = run_directory.tree_of_reader() if at.reader else run_directory.TREE
    run = RunDirectory(at.project, at.work, at.data, lock_name=at.namespace.lock_file, project=at.project, tree=tree)
    return Settled(at.default, run)


def joining(at: Directories, ir: IR, known: RootModule | None) -> RootModule | None:
    """The root module that joins; `known` has been read already."""
    named = at.root_given or (at.project / ir.root_module if ir.root_module else None)
    if named is None:
        return None
    return known if known and known.directory == named else root_module.read(named)


def run_directory_of(at: Directories, ir: IR, root: RootModule | None, before: RunDirectory, kind: str) -> RunDirectory:
    """Where the engine runs for this configuration."""
    home = root.directory if root else at.project
    # Stacks run beside each other, and one directory holds one module.
    linked = (
        bool(at.namespace.stack)
        or not os.access(home, os.W_OK)
        or not all(run_directory.shadowable(p.name, kind) for p in _in_the_way(at, root, ir))
    )
    return replace(before, home=home, joined=root is not None, linked=linked)


def _in_the_way(at: Directories, root: RootModule | None, ir: IR) -> list[Path]:
    """Files of the user's that a phase may have to do without, whole or in part."""
    if root is None:
        return [p for p in links.entries(at.project) if p.name.endswith(links.SUFFIXES)]
    absent = ir.by_address.keys() - ir.foreign.keys()
    return [path for path, _ in root.dropping(root.left_out(absent), absent)]


def backend_of(at: Directories, ir: IR, root: RootModule | None) -> Backend:
    """The declared backend, or the local one with the state in the project."""
    found = declared(at, ir, root)
    if found is None or at.force_local or (at.state_chosen and found.is_local):
        return at.default
    given = backends.merged(at.backend_config, at.project)
    if not given and (now := at.memory.now).get("type") == found.type:
        given = tuple(now["given"])  # given to an earlier `init`
    elif not given and not now and (recorded := stock(at, root)) and recorded.is_at(found):
        given = recorded.missing_in(found)
    return replace(found, given=given)


def stock(at: Directories, root: RootModule | None) -> Recorded | None:
    """The backend that OpenTofu itself used in the project, or in the root module that joins."""
    return stock_data.backend(root.directory if root else at.project)


def declared(at: Directories, ir: IR, root: RootModule | None) -> Backend | None:
    """The backend of the flake, or of a joined root module."""
    if ir.backend is not None:
        return backends.declared(ir.backend, at.project)
    if root is None:
        return None
    kind, settings = root.terraform.get("backend", ("", {}))
    if kind not in ("", "local"):
        return Backend(kind, settings, declared=False, project=at.project)
    if kind and (recorded := stock(at, root)) and recorded.type == kind:
        settings = {**recorded.settings, **settings}  # what the block leaves open was given to `tofu init`
    file = root.directory / settings.get("path", "terraform.tfstate")
    folder = root.directory / settings.get("workspace_dir", "terraform.tfstate.d")
    if not (kind or file.exists() or folder.is_dir()) and has_resources(at.state_file):
        return None  # the flake had a state before it was joined
    return backends.local(file, folder, at.project)
