"""Names of provider configurations: what the engine calls the keys of `providers`."""

from __future__ import annotations

import functools
import re
from collections import Counter

from nivis_tofu.ir.engine_name import encode_name
from nivis_tofu.ir.model import IR

DEFAULT_HOST = {"tofu": "registry.opentofu.org", "terraform": "registry.terraform.io"}
BUILTIN = "terraform.io/builtin/terraform"


@functools.cache
def full_source(source: str, kind: str = "tofu") -> str:
    """`hashicorp/aws` -> `registry.opentofu.org/hashicorp/aws`, as state and schemas name it."""
    parts = source.lower().split("/")
    if len(parts) == 1:
        parts.insert(0, "hashicorp")
    if len(parts) == 2:
        parts.insert(0, DEFAULT_HOST[kind])
    return "/".join(parts)


def local_names(ir: IR) -> dict[str, tuple[str, str]]:
    """key -> (local name, alias or ""). The address of a resource does not depend on it.

    The local name is the provider's own; the key equal to it, or the only one, is the default configuration.
    """
    own = {key: p.source.rsplit("/", 1)[-1].lower() for key, p in ir.providers.items()}
    sources: dict[str, set[str]] = {}
    for key, p in ir.providers.items():
        sources.setdefault(own[key], set()).add(full_source(p.source))
    counts = Counter(full_source(p.source) for p in ir.providers.values())
    names: dict[str, tuple[str, str]] = {}
    for key, provider in ir.providers.items():
        # Two different providers with one name: only the whole source tells them apart. Such names have no dots.
        clash = len(sources[own[key]]) > 1
        local = re.sub("[^a-z0-9]+", "-", full_source(provider.source)) if clash else own[key]
        default = key == own[key] or counts[full_source(provider.source)] == 1
        names[key] = (local, "" if default else encode_name(key))
    return names
