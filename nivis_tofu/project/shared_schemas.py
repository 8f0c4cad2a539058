"""Provider schemas that all projects of a user share: asking for them starts every provider once more.

What a provider says of itself is known by the checksums in the lock file, which `init` has just compared. Where they do
not tell it all (a provider that is being developed, one that Nix packages, none at all) nothing is shared.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.hcl import lockfile
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.system import notes
from nivis_tofu.system.files import copy_file, directory
from nivis_tofu.system.locate import cache_dir, home_dir
from nivis_tofu.tofu.client import Tofu

FORM = 1
"""Of the archives; a nivis that writes them in another way counts on."""


@immutable
class SharedSchemas:
    """`file` is the archive for one set of providers; None: nothing is shared for it."""

    file: Path | None

    def into(self, own: Path) -> bool:
        """Copy what is there to a project's own archive."""
        if self.file is None or not self.file.is_file():
            return False
        notes.directory(own.parent)
        try:
            copy_file(self.file, notes.free(own))
        except OSError:
            return False
        return True

    def keep(self, own: Path) -> None:
        """Keep a project's archive for others. A cache that cannot be written to is none."""
        if self.file is None:
            return
        try:
            directory(self.file.parent)
            temporary = self.file.with_suffix(f".{os.getpid()}")
            copy_file(own, temporary)
            temporary.replace(self.file)
        except OSError:
            return


def learn(schemas: Schemas, tofu: Tofu, lock_file: Path, wanted: set[str], *, sharing: bool = True) -> None:
    """Take schemas from another project that had the same providers, or ask for them. `sharing`: are these others'?"""
    others = shared(lock_file, wanted, (tofu.kind, tofu.exe.stat().st_size), tofu.env)
    if sharing and others.into(schemas.path):
        schemas.forget()
        if schemas.known:
            return
    schemas.store(tofu.providers_schema())
    if sharing:
        others.keep(schemas.path)


def shared(lock_file: Path, wanted: set[str], engine: tuple[str, int], env: Mapping[str, str]) -> SharedSchemas:
    """The archive for the providers of a lock file. `wanted`: sources that must be in it; `engine`: kind, size."""
    locked = lockfile.read(lock_file)
    sums = {source: found.hashes for source, found in locked.items()}
    told = sums and wanted <= sums.keys() and all(any(h.startswith("h1:") for h in hashes) for hashes in sums.values())
    if not told or _overridden(env):
        return SharedSchemas(None)
    # The checksums of one version differ from platform to platform, and may all stand in the file.
    machine = (platform.system(), platform.machine())
    key = json_text.dumps([FORM, engine, machine, {s: [locked[s].version, *sums[s]] for s in sorted(sums)}])
    try:
        return SharedSchemas(cache_dir(env) / "schemas" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.zip")
    except NivisError:  # no home directory
        return SharedSchemas(None)


def _overridden(env: Mapping[str, str]) -> bool:
    """May the engine use another provider than the lock file names?"""
    if env.get("TF_REATTACH_PROVIDERS"):
        return True
    home = home_dir(env)
    named = env.get("TF_CLI_CONFIG_FILE")
    files = [Path(named)] if named else [home / name for name in (".tofurc", ".terraformrc")] if home else []
    return any("dev_overrides" in text for text in map(_text, files))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
