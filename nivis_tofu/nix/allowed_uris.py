"""A restricted evaluation that may fetch the inputs that the flake's lock file names, and nothing else.

New versions of Nix fetch a locked input only when it is used, by a function that `restrict-eval` forbids.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nivis_tofu.core import json_text

_FORGES = ("github", "gitlab", "sourcehut")
_ANY = (*(f"{forge}:" for forge in _FORGES), "git+https:", "git+ssh:", "https:", "path:")
_KEPT = "/-._~!$&'()*+,;=:@"
"""What Nix writes as it is into the path of a URL."""


def restricted(flake: Path) -> tuple[str, ...]:
    """Options of `nix eval` for the flake in this directory; where there is none, for one elsewhere."""
    uris = tuple(sorted(set(locked(flake / "flake.lock")))) if flake.is_dir() else _ANY
    return ("--option", "restrict-eval", "true", *(("--option", "allowed-uris", " ".join(uris)) if uris else ()))


def locked(lock: Path) -> Iterator[str]:
    """For each input that is locked, how the URLs begin that lead to it; each ends in a slash."""
    try:
        nodes = json_text.loads(lock.read_text(encoding="utf-8"))["nodes"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    for node in nodes:
        if isinstance(node, dict):
            yield from _begins(node.get("locked"))


def _begins(locked: Any) -> Iterator[str]:
    match locked:
        case {"type": str(forge), "owner": str(owner), "repo": str(repo)} if forge in _FORGES:
            yield f"{forge}:{owner}/{repo}/"
        case {"type": "path", "path": str(path)} if path.startswith("/"):
            yield f"path:{_above(quote(path, safe=_KEPT))}"
        case {"type": "git" | "hg" as kind, "url": str(url)}:
            yield f"{kind}+{_above(url)}"
        case {"url": str(url)}:
            yield _above(url)


def _above(url: str) -> str:
    """Nix compares whole parts of a path, so that of the last one its query would have to be known."""
    return url.rpartition("/")[0] + "/"
