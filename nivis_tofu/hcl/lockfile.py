"""The dependency lock file: which version of each provider was chosen."""

from __future__ import annotations

import re
from pathlib import Path

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

_BLOCK = regex(r'^provider\s+"([^"]+)"\s*\{(.*?)^\}', re.DOTALL | re.MULTILINE)
_HASH = regex(r'"((?:h1|zh):[A-Za-z0-9+/=]+)"')
_VERSION = regex(r'^\s*version\s*=\s*"([^"]*)"', re.MULTILINE)


@immutable(slots=True)
class Locked:
    version: str
    hashes: tuple[str, ...] = ()
    """Of packages, all platforms together: `h1:…`, `zh:…`."""


def read(path: Path) -> dict[str, Locked]:
    """Source address -> what is locked; the engine writes this file and no one else."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    found = {}
    for source, body in _BLOCK.findall(text):
        version = _VERSION.search(body)
        found[source] = Locked(version[1] if version else "", tuple(sorted(_HASH.findall(body))))
    return found
