"""One project on disk and the engine that works in it, as a value: what its configuration decides makes a new one."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project import links, module_files, settled
from nivis_tofu.project.backends import Backend
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.provider_mirror import Packaged
from nivis_tofu.project.root_module import RootModule
from nivis_tofu.project.settled import Settled
from nivis_tofu.project.state_access import StateAccess
from nivis_tofu.render.module import Module
from nivis_tofu.system.destination import Destinations
from nivis_tofu.tofu.client import Tofu

MODULE_FILE = links.MAIN


@immutable(kw_only=True)
class Workdir(Directories):
    """The directories of one project, prepared for the engine that works in them."""

    engine: Tofu
    """Wherever it works."""
    settled: Settled

    @classmethod
    def open(cls, project: Path, root: Path, state_file: Path, engine: Tofu, **given: Any) -> Workdir:
        """That of a project whose configuration is not known yet; `given`: what the user chose."""
        at = Directories.made(project, root, state_file, **given)
        return cls(**{f.name: getattr(at, f.name) for f in fields(at)}, engine=engine, settled=settled.first(at))

    @cached_property
    def tofu(self) -> Tofu:
        """The engine, where it works for this configuration."""
        return self.engine.at(self.settled.run.site(self.root))

    @property
    def previewing(self) -> Tofu:
        """The engine, where a preview is planned."""
        return self.engine.at(replace(self.settled.run, rendered=self.preview).site(self.root))

    @property
    def state(self) -> StateAccess:
        return StateAccess(self, self.settled, self.tofu)

    def joining(self, ir: IR) -> RootModule | None:
        """The root module that joins."""
        return settled.joining(self, ir, self.settled.joined)

    def settle(self, ir: IR, root: RootModule | None, packages: tuple[Packaged, ...]) -> Workdir:
        """With where the engine runs for this configuration; its state is where it was."""
        run = settled.run_directory_of(self, ir, root, self.settled.run, self.engine.kind)
        return self.having(run=run, joined=root, packages=packages)

    def place(self, ir: IR) -> Backend:
        """The declared backend, or the local one with the state in the project."""
        return settled.backend_of(self, ir, self.joining(ir))

    def declared(self, ir: IR) -> Backend | None:
        """The backend of the flake, or of a joined root module."""
        return settled.declared(self, ir, self.joining(ir))

    def having(self, **changes: Any) -> Workdir:
        """With something else settled."""
        return replace(self, settled=replace(self.settled, **changes))

    @property
    def destinations(self) -> Destinations:
        """What may be written for the user: no state, wherever it lies."""
        now = self.memory.now
        files = [self.project / now[name] for name in ("file", "folder") if now.get(name)]
        places = [p for b in (self.default, self.settled.backend) for p in (b.file, b.folder) if p]
        return Destinations(self.project, [*files, *places])

    def schema(self, ir: IR, resource: Resource) -> BlockSchema | None:
        if resource.mode == "module":
            return None
        source = full_source(ir.providers[resource.provider].source, self.engine.kind)
        return self.schemas.block(source, "data" if resource.mode == "data" else "resource", resource.type)

    def write(self, module: Module, *, preview: bool = False) -> Path:
        """Put a module where the engine reads it."""
        target = self.preview if preview else self.work
        module_files.write(module, target, self, self.settled)
        return target


def local_digest(directory: Path) -> str:
    """Of a local module's files, modules below it included: a new provider or call in one needs an `init`."""
    texts = [f.read_bytes() for f in sorted(directory.rglob("*.t*f*")) if f.is_file()] if directory.is_dir() else []
    return hashlib.sha256(b"\0".join(texts)).hexdigest() if texts else ""
