"""What stock OpenTofu left in the `.terraform` of a directory: the backend that it used, and the selected workspace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.project.backends import PLACES, Backend
from nivis_tofu.project.state_file import has_resources
from nivis_tofu.system import notes

_FOLDER = "terraform.tfstate.d"
_VERSION = 3
"""Of the file in which the engine notes its backend."""


@immutable
class Recorded:
    """A backend as `tofu init` wrote it down, settings of `-backend-config` included."""

    directory: Path
    type: str
    settings: Mapping[str, Any]

    @property
    def file(self) -> Path | None:
        """The local state file of the default workspace."""
        if self.type != "local":
            return None
        return (self.directory / str(self.settings.get("path") or "terraform.tfstate")).resolve()

    @property
    def may_have_state(self) -> bool:
        """Whether there may be a state; only a local file can be checked."""
        return self.file is None or has_resources(self.file)

    def is_at(self, place: Backend) -> bool:
        """Is this where `place` is, as far as that one says?"""
        if place.type != self.type:
            return False
        if self.file is not None and place.file is not None:
            return self.file == place.file.resolve()
        said = {**place.settings, **place.secret, **dict(item.split("=", 1) for item in place.given if "=" in item)}
        return all(_text(self.settings.get(name)) == _text(value) for name, value in said.items() if value is not None)

    def missing_in(self, place: Backend) -> tuple[str, ...]:
        """The settings missing from the declaration, as `-backend-config` arguments."""
        open_ = self.settings.keys() - place.settings.keys() - place.secret.keys()
        return tuple(f"{name}={_text(self.settings[name])}" for name in sorted(open_))

    def remembered(self, project: Path) -> dict[str, Any]:
        """The same in the form of a backend that this project had before; paths are relative to it."""
        folder = (self.directory / str(self.settings.get("workspace_dir") or _FOLDER)).resolve()
        shown = {} if self.file else {k: v for k, v in self.settings.items() if k in PLACES}
        return {
            "type": self.type,
            "settings": shown,
            "secret": {} if self.file else {k: v for k, v in self.settings.items() if k not in PLACES},
            "given": [],
            "file": os.path.relpath(self.file, project) if self.file else "",
            "folder": os.path.relpath(folder, project) if self.file else "",
        }


def backend(directory: Path) -> Recorded | None:
    """The backend that OpenTofu used in this directory; None if it never had one."""
    note = notes.read_json(directory / ".terraform" / "terraform.tfstate", _VERSION)
    match note:
        case {"backend": {"type": str(kind), "config": dict(config)}}:
            return Recorded(
                directory, kind, {k: v for k, v in config.items() if v not in (None, [], {}) and "\0" not in str(v)}
            )
        case _:
            return None


def workspace(directory: Path) -> str:
    """The name of the workspace that is selected there."""
    try:
        return (directory / ".terraform" / "environment").read_text(encoding="utf-8").strip() or "default"
    except (OSError, UnicodeDecodeError):
        return "default"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text.dumps(value)
