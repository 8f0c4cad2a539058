"""Names for tab completion: read from the notes of the last run. Imports nothing heavy: it runs at each tab."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
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


def outputs(project: Path) -> list[str]:
    """The outputs that the last run declared."""
    try:
        note = project / ".nivis" / "outputs.json"
        known = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else []
        return sorted({name for name in known if isinstance(name, str) and name and name.isprintable()})
    except (OSError, ValueError, TypeError, RecursionError):
        return []


def workspaces(project: Path) -> list[str]:
    """`default`, and those whose states lie on this machine."""
    found = {"default"}
    for folder in (project / "terraform.tfstate.d", project / ".nivis" / "work" / "terraform.tfstate.d"):
        with contextlib.suppress(OSError):
            found |= {place.name for place in folder.iterdir() if place.is_dir() and place.name.isprintable()}
    return sorted(found)


def _asked(words: Sequence[str]) -> Callable[[Path], list[str]]:
    """What is wanted after these words: ids, unless the verb takes other names."""
    if words[-1:] and words[-1].lstrip("-").split("=")[0] in ("target", "exclude", "replace"):
        return ids
    verb = _verb(words)
    if verb[:1] == ["output"]:
        return outputs
    if verb[:1] in (["workspace"], ["env"]) and verb[1:2] in (["select"], ["delete"]):
        return workspaces
    return ids


def _verb(words: Sequence[str]) -> list[str]:
    """The words that are neither options nor, where others are left, may be values of options."""
    plain = [(before, word) for before, word in zip(["", *words], words, strict=False) if not word.startswith("-")]
    sure = [word for before, word in plain if not before.startswith("-") or "=" in before]
    return sure or [word for _, word in plain]


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
    """`nivis __complete [WORD...]`: the words of the line so far, of which --flake and the verb count."""
    project = _project()
    for before, word in zip(["", *words], words, strict=False):
        if before == "--flake":
            project = Path(word).expanduser()
        elif word.startswith("--flake="):
            project = Path(word.removeprefix("--flake=")).expanduser()
    for name in _asked(words)(project):
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
