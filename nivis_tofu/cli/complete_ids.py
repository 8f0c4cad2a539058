"""Ids for tab completion: read from the cache of the last run. Imports nothing heavy: it runs at each tab."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path


def ids(project: Path) -> list[str]:
    """The ids in the state, except those with line breaks and the like."""
    try:
        note = project / ".nivis" / "ids.json"
        # Not a FIFO: it would hold the shell at the tab key.
        known = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
        return sorted({name for name in map(str, known.values()) if name and name.isprintable()})
    except (OSError, ValueError, AttributeError, RecursionError):
        return []


def _project() -> Path:
    """Here, or the next directory above with a flake, within the git work tree."""
    here = Path.cwd()
    for place in (here, *here.parents):
        if (place / ".nivis").is_dir() or (place / "flake.nix").is_file():
            return place
        if (place / ".git").exists():
            break
    return here


def main(words: Sequence[str]) -> int:
    """`nivis __complete [WORD...]`: the words of the line so far, of which only --flake counts."""
    project = _project()
    for before, word in zip(["", *words], words, strict=False):
        if before == "--flake":
            project = Path(word).expanduser()
        elif word.startswith("--flake="):
            project = Path(word.removeprefix("--flake=")).expanduser()
    for name in ids(project):
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
