"""The schemas of a provider that need not be part of any configuration."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.hcl import lockfile
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.project import provider_mirror
from nivis_tofu.project.provider_mirror import Packaged
from nivis_tofu.project.run_directory import LOCK_FILE
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.project.shared_schemas import learn
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.system import notes
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site


@immutable
class Provided:
    """A provider and the schemas of its types."""

    schemas: Schemas
    source: str
    version: str
    """Empty where it has none: the engine's own, or a development build."""


def schemas_of(workdir: Workdir, tofu: Tofu, provider: str, version: str) -> Provided:
    """A provider, named by its source or its executable; its schemas are asked for if none are cached."""
    package: Packaged | None = None
    if provider_mirror.is_local(provider):
        package = provider_mirror.locate(provider, workdir.project, tofu.kind, tofu.env.get("PATH"))
        provider, version = package.address, package.version
    wanted = full_source(provider, tofu.kind)
    for source in workdir.schemas.providers():
        if source == wanted or ("/" not in provider and source.endswith(f"/{provider}")):
            used = locked_version(workdir.project / LOCK_FILE, source)
            if version in ("", used):
                return Provided(workdir.schemas, source, used)
    folder = notes.directory(workdir.root / "gen")
    entry = {"source": wanted, **({"version": version} if version else {})}
    notes.write(folder / "main.tf.json", json_text.dumps({"terraform": {"required_providers": {"p": entry}}}))
    notes.clear(folder / LOCK_FILE)
    env = provider_mirror.offered(folder, (package,), tofu.env) if package else tofu.env
    apart = tofu.at(Site.alone(folder), env)
    apart.init()
    found = Schemas(folder / "schema.zip")
    learn(found, apart, folder / LOCK_FILE, {wanted} - {BUILTIN}, sharing=package is None)
    return Provided(found, wanted, locked_version(folder / LOCK_FILE, wanted))


def locked_version(lock: Path, source: str) -> str:
    """The version of a provider that a lock file names; empty if it names none."""
    known = lockfile.read(lock).get(source)
    return known.version if known else ""
