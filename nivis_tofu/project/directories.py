"""Which directories and files a project has, by what the user gave and by what lies below `.nivis/`.

`.nivis/work` holds the module of the phase, `.nivis/preview` that of a preview (never applied). The engine reads them
there and works in the project's directory; its data directory is `.nivis/terraform`, to which both link.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import PLAN, Namespace
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.project import backends
from nivis_tofu.project.backends import Backend, Memory
from nivis_tofu.project.memory import Remembered
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.system import notes


@immutable
class Directories:
    """The directories of one project. `made` creates them; what changes in a run is in the files, not here."""

    project: Path
    root: Path
    """The project's `.nivis/`."""
    state_file: Path
    schemas: Schemas
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
    reader: bool = False
    """Others may be at work here meanwhile: only a state is read."""
    last_read: dict[bytes, Snapshot] = field(default_factory=dict)
    """The state that was read last, by the digest of its text: a text is decoded once."""

    @classmethod
    def made(cls, project: Path, root: Path, state_file: Path, **given: Any) -> Self:
        """Those of a project, created where they are missing; `given`: other fields."""
        found = cls(project, root, state_file, Schemas(root / "schema.zip"), **given)
        for path in (found.work, found.preview):
            notes.directory(path)
        return found

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def preview(self) -> Path:
        return self.root / "preview"

    @property
    def data(self) -> Path:
        """The engine's data directory."""
        return self.data_given or self.root / "terraform"

    @property
    def plan_file(self) -> Path:
        """The plan of the phase."""
        return notes.free(self.root / "phase.tfplan")

    @property
    def preview_file(self) -> Path:
        return notes.free(self.root / "preview.tfplan")

    @property
    def remembered(self) -> Remembered:
        return Remembered(self.root)

    @property
    def memory_file(self) -> Path:
        return self.root / "backend.json"

    @property
    def memory(self) -> Memory:
        """The backends of this run and of the last one, as they are noted now."""
        return Memory.read(self.memory_file)

    @cached_property
    def default(self) -> Backend:
        """The local backend without any declaration: the state in the project, or in the file that the user named."""
        chosen = self.force_local or self.state_chosen
        return replace(backends.default(self.state_file, self.project), chosen=chosen)
