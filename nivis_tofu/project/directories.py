"""Which directories a project has, where its state lies, and how a module is written for the engine.

`.nivis/work` holds the module of the phase, `.nivis/preview` that of a preview (never applied). The engine reads them
there and works in the project's directory; its data directory is `.nivis/terraform`, to which both link.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nivis_tofu.core.namespace import PLAN, Namespace
from nivis_tofu.ir import snapshot as state
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project import (
    backends,
    links,
    root_module,
    run_directory,
    stock_data,
)
from nivis_tofu.project.backends import Backend, Memory
from nivis_tofu.project.memory import Remembered
from nivis_tofu.project.provider_mirror import Packaged
from nivis_tofu.project.root_module import RootModule
from nivis_tofu.project.run_directory import GIVEN_FILE, GUARD_FILE, LOCK_FILE, SECRETS_FILE, RunDirectory
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.project.state_file import has_resources
from nivis_tofu.project.stock_data import Recorded
from nivis_tofu.render.module import Module, file_text
from nivis_tofu.system import notes
from nivis_tofu.system.destination import Destinations
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site


@dataclass
class Directories:
    """The directories of one project and the engine that works in them."""

    project: Path
    root: Path
    state_file: Path
    tofu: Tofu
    force_local: bool = False
    state_chosen: bool = False
    """Did the user name a state file?"""
    backend_config: tuple[str, ...] = ()
    """`-backend-config` of this command."""
    data_given: Path | None = None
    """TF_DATA_DIR of the user: where the engine keeps providers, modules and what it knows of the backend."""
    root_given: Path | None = None
    """`--root`: the directory of a root module that joins."""
    namespace: Namespace = PLAN

    def __post_init__(self) -> None:
        self.work, self.preview = self.root / "work", self.root / "preview"
        self.data = self.data_given or self.root / "terraform"
        for path in (self.work, self.preview):
            notes.directory(path)
        self.plan_file = notes.free(self.root / "phase.tfplan")
        self.preview_file = notes.free(self.root / "preview.tfplan")
        self.schemas = Schemas(self.root / "schema.zip")
        self._stamp_file = self.root / "init.json"
        self.remembered = Remembered(self.root)
        self._memory_file = self.root / "backend.json"
        self._elsewhere: Path | None = None
        self._place = self._default()
        self.joined: RootModule | None = None
        self.run = RunDirectory(
            self.project, self.work, self.data, lock_name=self.namespace.lock_file, project=self.project
        )
        self._settle(self.run)
        self.packages: tuple[Packaged, ...] = ()
        """Providers that lie in directories."""
        self._last: tuple[bytes, state.Snapshot] | None = None

    def _default(self) -> Backend:
        chosen = self.force_local or self.state_chosen
        return replace(backends.default(self.state_file, self.project), chosen=chosen)

    @property
    def target(self) -> Path:
        """Where what is rendered will lie: relative paths in it hold there."""
        return self._elsewhere or self.run.path

    def block(self, ir: IR) -> dict[str, Any]:
        """The `backend` block of what is rendered."""
        return self.place(ir).block(self.target)

    def settle(self, ir: IR) -> None:
        """Decide where the engine runs for this configuration."""
        root = self.root_module(ir)
        home = root.directory if root else self.project
        # Stacks run beside each other, and one directory holds one module.
        linked = (
            bool(self.namespace.stack)
            or not os.access(home, os.W_OK)
            or not all(run_directory.shadowable(p.name, self.tofu.kind) for p in self._in_the_way(root, ir))
        )
        self._settle(replace(self.run, home=home, joined=root is not None, linked=linked))

    @property
    def place_in_use(self) -> Backend:
        """Where the state is that is read now."""
        return self._place

    def take_place(self, ir: IR) -> None:
        """From here on the state is where this configuration has it."""
        self._place = self.place(ir)

    def _in_the_way(self, root: RootModule | None, ir: IR) -> list[Path]:
        """Files of the user's that a phase may have to do without, whole or in part."""
        if root is None:
            return [p for p in links.entries(self.project) if p.name.endswith(links.SUFFIXES)]
        absent = ir.by_address.keys() - ir.foreign.keys()
        return [path for path, _ in root.dropping(root.left_out(absent), absent)]

    def _settle(self, run: RunDirectory) -> None:
        self.run = run
        self.tofu.site = run.site(self.root)

    def preview_site(self) -> Site:
        """Where a preview is planned."""
        return replace(self.run, rendered=self.preview).site(self.root)

    def place(self, ir: IR) -> Backend:
        """The declared backend, or the local one with the state in the project."""
        found = self.declared(ir)
        if found is None or self.force_local or (self.state_chosen and found.is_local):
            return self._default()
        given = backends.merged(self.backend_config, self.project)
        if not given and (now := self.memory.now).get("type") == found.type:
            given = tuple(now["given"])  # given to an earlier `init`
        elif not given and not now and (stock := self._stock()) and stock.is_at(found):
            given = stock.missing_in(found)
        return replace(found, given=given)

    def _stock(self) -> Recorded | None:
        """The backend that OpenTofu itself used in the project, or in the root module that joins."""
        return stock_data.backend(self.joined.directory if self.joined else self.project)

    def declared(self, ir: IR) -> Backend | None:
        """The backend of the flake, or of a joined root module."""
        if ir.backend is not None:
            return backends.declared(ir.backend, self.project)
        root = self.root_module(ir)
        if root is None:
            return None
        kind, settings = root.terraform.get("backend", ("", {}))
        if kind not in ("", "local"):
            return Backend(kind, settings, written=False, project=self.project)
        if kind and (stock := self._stock()) and stock.type == kind:
            settings = {**stock.settings, **settings}  # what the block leaves open was given to `tofu init`
        file = root.directory / settings.get("path", "terraform.tfstate")
        folder = root.directory / settings.get("workspace_dir", "terraform.tfstate.d")
        if not (kind or file.exists() or folder.is_dir()) and has_resources(self.state_file):
            return None  # the flake had a state before it was joined
        return backends.local(file, folder, self.project)

    def root_module(self, ir: IR) -> RootModule | None:
        """The root module that joins; read once."""
        named = self.root_given or (self.project / ir.root_module if ir.root_module else None)
        if named is None:
            self.joined = None
        elif self.joined is None or self.joined.directory != named:
            self.joined = root_module.read(named)
        return self.joined

    @property
    def destinations(self) -> Destinations:
        """What may be written for the user: no state, wherever it lies."""
        now = self.memory.now
        files = [self.project / now[name] for name in ("file", "folder") if now.get(name)]
        places = [p for b in (self._default(), self._place) for p in (b.file, b.folder) if p]
        return Destinations(self.project, [*files, *places])

    @property
    def memory(self) -> Memory:
        return Memory.read(self._memory_file)

    def module_source(self, source: str) -> str:
        """A path is relative to the project for the user, and to the module's directory for the engine."""
        if not source.startswith(("./", "../")):
            return source
        found = os.path.relpath(self.project / source, self.target)
        return found if found.startswith("../") else f"./{found}"  # without it the engine takes it for a registry's

    def schema(self, ir: IR, resource: Resource) -> BlockSchema | None:
        if resource.mode == "module":
            return None
        source = full_source(ir.providers[resource.provider].source, self.tofu.kind)
        return self.schemas.block(source, "data" if resource.mode == "data" else "resource", resource.type)

    def write(self, module: Module, *, preview: bool = False) -> Path:
        """Put a module into its directory; files that did not change are not touched."""
        target = self.preview if preview else self.work
        texts = {
            links.MAIN: file_text(run_directory.guarded(module.document)),
            GUARD_FILE: run_directory.guard_values(),
            SECRETS_FILE: module.secrets_text,
            GIVEN_FILE: file_text(module.given) if module.given else "",
            links.OVERRIDE: file_text(module.override) if module.override else "",
        }
        for name, text in texts.items():
            if text:
                notes.write(target / name, text)
            else:
                notes.clear(target / name)
        self._link(target, module)
        return target

    def _link(self, target: Path, module: Module) -> None:
        """The rest of a directory in which stock OpenTofu reads the state: data, lock file, what the user has."""
        links.point(target / ".terraform", self.data)
        if self.run.lock is None:
            links.point(target / LOCK_FILE, self._lock_file)
        else:
            notes.write(target / LOCK_FILE, self.run.lock)
        if self.joined:
            self.joined.put(target, module.left_out, module.absent, *self._state_entries())
            return
        found = [p for p in links.entries(self.project) if not p.name.endswith(links.SUFFIXES)]
        links.link_all(target, {p.name: p for p in (*found, *self._state_entries())})

    def _state_entries(self) -> list[Path]:
        """Entries of the run directory through which a local state is found, unless it is found from `.nivis/` too."""
        if not self._place.file or self.run.linked:
            return []
        places = [Path(str(value)) for value in self._place.arguments(self.run.path).values()]
        return [self.run.path / p.parts[0] for p in places if p.parts[0] != ".." and not p.is_absolute()]

    @property
    def _lock_file(self) -> Path:
        return self.run.home / self.run.lock_name

    @contextlib.contextmanager
    def rendering_for(self, directory: Path) -> Iterator[None]:
        """What is rendered meanwhile is for another directory."""
        self._elsewhere = directory
        try:
            yield
        finally:
            self._elsewhere = None
