"""The schemas of a provider that need not be part of any configuration."""

from __future__ import annotations

from nivis_tofu.core import json_text
from nivis_tofu.ir.providers import full_source
from nivis_tofu.project import provider_mirror
from nivis_tofu.project.provider_mirror import Packaged
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.project.workdir import Workspace
from nivis_tofu.system import notes
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site


def schemas_of(space: Workspace, tofu: Tofu, provider: str, version: str) -> tuple[Schemas, str]:
    """(schemas, source address) of a provider: named, by its source or its executable; asked for if none are cached."""
    package: Packaged | None = None
    if provider_mirror.is_local(provider):
        package = provider_mirror.locate(provider, space.project, tofu.kind, tofu.env.get("PATH"))
        provider, version = package.address, package.version
    wanted = full_source(provider, tofu.kind)
    if not version:
        for source in space.schemas.providers():
            if source == wanted or ("/" not in provider and source.endswith(f"/{provider}")):
                return space.schemas, source
    folder = notes.directory(space.root / "gen")
    entry = {"source": wanted, **({"version": version} if version else {})}
    notes.write(folder / "main.tf.json", json_text.dumps({"terraform": {"required_providers": {"p": entry}}}))
    notes.clear(folder / ".terraform.lock.hcl")
    env = provider_mirror.offered(folder, (package,), tofu.env) if package else tofu.env
    apart = tofu.at(Site(folder, scratch=folder), env)
    apart.init()
    found = Schemas(folder / "schema.zip")
    found.store(apart.providers_schema())
    return found, wanted
