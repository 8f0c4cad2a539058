"""Where the state is: the declared backend or a local file of the project; values that stand in no generated file.

Data: IR, options of the command line -> Backend -> the `backend` block, and a private file for `init`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.hcl import quoting
from nivis_tofu.ir.values import Derived, Value, leaves
from nivis_tofu.render import expressions
from nivis_tofu.system import notes

_FILE = "path"
_FOLDER = "workspace_dir"
PLACES = ("bucket", "container_name", "key", "prefix", "schema_name", "path", "name", "namespace")
"""Settings that tell one place from another and are never secret."""


@immutable
class Backend:
    """A backend as the engine receives it. `secret`: settings that must not appear in the module."""

    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, Any] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    """`-backend-config` as typed, files made absolute."""
    file: Path | None = None
    """The local state file of the default workspace, absolute."""
    folder: Path | None = None
    """Where the local states of other workspaces are, absolute."""
    project: Path = Path()
    """What the user's paths are relative to."""
    declared: bool = True
    """False: a joined root module has the block."""
    chosen: bool = False
    """For this command only: `--state` or `--backend local`."""

    @property
    def is_local(self) -> bool:
        return self.type == "local"

    def block(self, directory: Path) -> dict[str, Any]:
        """The block for a module in this directory; empty if another file declares it."""
        return {"type": self.type, **self.arguments(directory)} if self.declared else {}

    def arguments(self, directory: Path) -> dict[str, Any]:
        """The block's arguments. Paths are relative, so a project that is moved or copied keeps its state."""
        if not (self.file and self.folder):
            return dict(self.settings)
        places = {_FILE: os.path.relpath(self.file, directory), _FOLDER: os.path.relpath(self.folder, directory)}
        return {**self.settings, **places}

    @property
    def name(self) -> str:
        """For the user."""
        if not self.file:
            told = ", ".join(f"{k} {self.settings[k]}" for k in PLACES if isinstance(self.settings.get(k), str))
            return f"the backend `{self.type}`" + (f" ({told})" if told else "")
        return f"the local file {self._shown(self.file)}"

    def _shown(self, path: Path) -> str:
        return os.path.relpath(path, self.project) if path.is_relative_to(self.project) else str(path)

    @property
    def mark(self) -> str:
        """A mark that is equal for equal places and reveals no values."""
        texts = [repr((self.type, sorted(self.arguments(self.project).items()), sorted(self.secret.items())))]
        for given in self.given:
            file = Path(given)
            texts.append(file.read_text(encoding="utf-8") if "=" not in given and file.is_file() else given)
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    def options_file(self, path: Path) -> tuple[str, ...]:
        """`-backend-config` arguments of `init`: values go through a private file, never through the command line."""
        pairs = [item.partition("=")[::2] for item in self.given if "=" in item]
        lines = [f"{name.strip()} = {_literal(value)}" for name, value in pairs]
        lines += [f"{name} = {expressions.expression(value, str)}" for name, value in self.secret.items()]
        files = tuple(item for item in self.given if "=" not in item)
        if not lines:
            notes.clear(path)
            return files
        notes.write(path, "\n".join(lines) + "\n")
        return (*files, str(path))


@immutable
class Memory:
    """The previous backend of the project, kept so that its state can be found (`.nivis/backend.json`)."""

    mark: str = ""
    now: Mapping[str, Any] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)
    """The backend before this one, if it had a state."""
    accepted: bool = False
    """The user wants to begin anew here (`init -reconfigure`)."""

    @classmethod
    def read(cls, path: Path) -> Memory:
        match notes.read_json(path):
            case {"mark": str(mark), "now": now, "previous": previous, "accepted": bool(accepted)} if _is_place(
                now
            ) and _is_place(previous):
                return cls(mark, now, previous, accepted)
            case _:
                return cls()

    def write(self, path: Path) -> None:
        body = {"mark": self.mark, "now": self.now, "previous": self.previous, "accepted": self.accepted}
        notes.write(path, json_text.dumps(body) + "\n")

    def moved(self, place: Backend, *, had_state: bool) -> Memory:
        """The memory after a change of backend."""
        now = remember(place)
        if place.file and self.now.get("file") and recall(self.now, place.project).file == place.file:
            return replace(self, mark=place.mark, now=now)
        previous = self.now if had_state else self.previous
        # Back where it was: nothing is left behind.
        return Memory(place.mark, now, previous if self.mark and previous != now else {})


def remember(place: Backend) -> dict[str, Any]:
    """A backend as plain JSON. Paths are relative to the project, so a copy of it has its own states."""

    def short(path: Path | None) -> str:
        return os.path.relpath(path, place.project) if path else ""

    return {
        "type": place.type,
        "settings": dict(place.settings),
        "secret": dict(place.secret),
        "given": [item if "=" in item else short(Path(item)) for item in place.given],
        "file": short(place.file),
        "folder": short(place.folder),
    }


def _is_place(body: Any) -> bool:
    """Is it what `remember` makes, or nothing?"""
    shape = {"type": str, "settings": dict, "secret": dict, "given": list, "file": str, "folder": str}
    if not isinstance(body, dict) or not body:
        return body == {}
    whole = all(isinstance(body.get(name), kind) for name, kind in shape.items())
    return whole and all(isinstance(item, str) for item in body["given"])


def recall(body: Mapping[str, Any], project: Path) -> Backend:
    """The inverse of `remember`, for a project."""
    if body["file"]:
        return local(project / body["file"], project / body["folder"], project)
    given = tuple(item if "=" in item else os.path.normpath(project / item) for item in body["given"])
    return Backend(body["type"], body["settings"], body["secret"], given, project=project)


def local(file: Path, folder: Path, project: Path) -> Backend:
    """A local backend."""
    file, folder = (Path(os.path.normpath(path)) for path in (file, folder))
    return Backend("local", file=file, folder=folder, project=project)


def default(file: Path, project: Path) -> Backend:
    """The state in the project, other workspaces beside it."""
    return local(file, Path(str(file).removesuffix(".json") + ".d"), project)


def declared(body: Mapping[str, Value], project: Path) -> Backend:
    """The backend of the flake. Paths of a local one are relative to the project."""
    plain: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for name, value in body.items():
        if name != "type":
            found, is_secret = _plain(value)
            (secret if is_secret else plain)[name] = found
    kind = str(body["type"])
    if kind == "local":
        file = project / str(plain.pop(_FILE, "terraform.tfstate"))
        folder = project / str(plain.pop(_FOLDER, "terraform.tfstate.d"))
        if unknown := sorted({*plain, *secret}):
            raise NivisError.of(
                "The backend has no such argument",
                f"The backend `local` has no argument `{unknown[0]}`.",
                did_you_mean(unknown[0], (_FILE, _FOLDER), f"It has `{_FILE}` and `{_FOLDER}`."),
                address="backend",
            )
        return local(file, folder, project)
    return Backend(kind, _renamed(plain) if kind == "s3" else plain, secret, project=project)


def _renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of `s3` that the older nivis had, by their names here. Its state was always encrypted and locked."""
    old = {"endpoint", "sseAlgorithm", "kmsKeyId"} & settings.keys()
    if not old & {"sseAlgorithm", "kmsKeyId"} and not isinstance(settings.get("endpoint"), str):
        return dict(settings)
    found = {k: v for k, v in settings.items() if k not in old}
    if endpoint := settings.get("endpoint"):
        found = {"endpoints": {"s3": endpoint}, "use_path_style": True, **found}
    if settings.get("sseAlgorithm") != "bucket-default":
        found.setdefault("encrypt", True)
    if key := settings.get("kmsKeyId"):
        found.setdefault("kms_key_id", key)
    found.setdefault("use_lockfile", True)
    return found


def merged(given: Sequence[str], project: Path) -> tuple[str, ...]:
    """`-backend-config` items; a file is relative to the project, not to the working directory."""
    found = []
    for item in given:
        if "=" not in item and not (project / item).is_file():
            raise NivisError.of(
                "No such backend configuration",
                f"`-backend-config={item}` is neither `NAME=VALUE` nor a file in {project}.",
            )
        found.append(item if "=" in item else str((project / item).resolve()))
    return tuple(found)


def _plain(value: Value) -> tuple[Any, bool]:
    """(value, secret?). Nothing in it waits for a resource: the IR was refused otherwise."""
    hidden = False
    for leaf in leaves(value):
        hidden = hidden or (isinstance(leaf, Derived) and leaf.sensitive)
    return _resolved(value), hidden


def _resolved(value: Value) -> Any:
    match value:
        case Derived():
            return _resolved(value.value)  # type: ignore[arg-type]  # pending ones were refused
        case list():
            return [_resolved(item) for item in value]
        case dict():
            return {key: _resolved(item) for key, item in value.items()}
        case _:
            return value


def _literal(value: str) -> str:
    """A value from the command line; the engine reads lists and maps as expressions and all else as text."""
    return value if re.match(r"\s*[\[{]", value) else quoting.quote(value)
