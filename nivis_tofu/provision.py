"""The schemas of a provider that need not be part of any configuration."""

from __future__ import annotations

from nivis_tofu import jsontext, notes
from nivis_tofu.providers import full_source
from nivis_tofu.schema import Schemas
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site
from nivis_tofu.workspace import Workspace


def schemas_of(space: Workspace, tofu: Tofu, provider: str, version: str) -> tuple[Schemas, str]:
    """(schemas, source address) of a provider named by its name or source; asked for where none are cached."""
    wanted = full_source(provider, tofu.kind)
    if not version:
        for source in space.schemas.providers():
            if source == wanted or ("/" not in provider and source.endswith(f"/{provider}")):
                return space.schemas, source
    folder = notes.directory(space.root / "gen")
    entry = {"source": wanted, **({"version": version} if version else {})}
    notes.write(folder / "main.tf.json", jsontext.dumps({"terraform": {"required_providers": {"p": entry}}}))
    notes.clear(folder / ".terraform.lock.hcl")
    tofu.site, before = Site(folder, scratch=folder), tofu.site
    try:
        tofu.init()
        found = Schemas(folder / "schema.zip")
        found.store(tofu.providers_schema())
    finally:
        tofu.site = before
    return found, wanted
