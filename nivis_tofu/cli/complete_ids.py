"""Names for tab completion: read from the notes of earlier runs. Imports nothing heavy: it runs at each tab."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Offer = Callable[[Path, str], list[str]]
"""What a project has for a word of which this has been typed; the shell takes those that begin with it."""
_CURRENT = "--current="


def _notes(project: Path) -> Path:
    """Where the notes of a project are; a directory that is none is that of the notes of a stack."""
    return project if project.parent.name == "stacks" and project.parent.parent.name == ".nivis" else project / ".nivis"


def _note(project: Path, name: str) -> Any:
    """A note below `.nivis/`; None if there is none that can be read."""
    try:
        note = _notes(project) / name
        # Not a FIFO: it would hold the shell at the tab key.
        return json.loads(note.read_text(encoding="utf-8")) if note.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None


def _names(project: Path, key: str) -> Any:
    found = _note(project, "names.json")
    return found.get(key) if isinstance(found, dict) else None


_LONGEST = 1_000
"""Characters of an id that anybody completes: each of its ends is looked at."""


def _typeable(found: object) -> list[str]:
    """The strings among them, each once, except those with line breaks and the like."""
    texts = found if isinstance(found, list) else ()
    return sorted({t for t in texts if isinstance(t, str) and 0 < len(t) <= _LONGEST and t.isprintable()})


def _ends(names: Iterable[str]) -> dict[str, str]:
    """What may be typed for an id -> the id: all of it, or an end of it that no other has."""
    found: dict[str, str | None] = {}
    whole = {name: name for name in names}
    for name in whole:
        parts = name.split(".")
        for first in range(1, len(parts)):
            end = ".".join(parts[first:])
            found[end] = None if end in found else name
    return {end: name for end, name in found.items() if name} | whole


def _beginning(names: list[str], typed: str) -> list[str]:
    """ids, or if none begins with what is typed, the unique ends that do."""
    if any(name.startswith(typed) for name in names):
        return names
    return sorted(end for end in _ends(names) if end.startswith(typed)) or names


def _in_state(project: Path) -> list[str]:
    found = _note(project, "ids.json")
    return _typeable(list(found.values()) if isinstance(found, dict) else ())


def _known(project: Path) -> list[str]:
    found = _names(project, "ids")
    return sorted({*_in_state(project), *_typeable(list(found) if isinstance(found, dict) else ())})


def ids(project: Path, typed: str = "") -> list[str]:
    """The ids in the state."""
    return _beginning(_in_state(project), typed)


def declared(project: Path, typed: str = "") -> list[str]:
    """The ids in the state and in the configuration."""
    return _beginning(_known(project), typed)


def attributes(project: Path, typed: str = "") -> list[str]:
    """The same, and what follows one of them and a dot."""
    kinds, names = _names(project, "ids"), _names(project, "attributes")
    ends, found = _ends(_known(project)), []
    if isinstance(kinds, dict) and isinstance(names, dict):
        owners = [end for end in ends if typed.startswith(f"{end}.")]
        found = [f"{end}.{name}" for end in owners for name in _typeable(names.get(str(kinds.get(ends[end]))))]
    return sorted({*found, *declared(project, typed)})


def variables(project: Path, typed: str = "") -> list[str]:
    """The variables that the flake declares, and those of the engine."""
    return [] if "=" in typed else [f"{name}=" for name in _typeable(_names(project, "variables"))]


def providers(project: Path, typed: str = "") -> list[str]:
    """The sources of the providers that are in use."""
    return _typeable(_names(project, "providers"))


def outputs(project: Path, typed: str = "") -> list[str]:
    """The outputs that the last run declared."""
    return _typeable(_note(project, "outputs.json"))


def stacks(project: Path, typed: str = "") -> list[str]:
    """The stacks that have been run here."""
    with contextlib.suppress(OSError):
        return sorted(place.name for place in (project / ".nivis" / "stacks").iterdir() if place.name.isprintable())
    return []


def of_flake(project: Path, typed: str = "") -> list[str]:
    """The tests that the flake had when they were run last."""
    return _typeable(_note(project, "tests.json"))


def workspaces(project: Path, typed: str = "") -> list[str]:
    """`default`, those whose states lie on this machine, and what the backend listed last."""
    found = {"default", *_typeable(_note(project, "workspaces.json"))}
    for folder in (project / "terraform.tfstate.d", project / "nivis.state.d"):
        with contextlib.suppress(OSError):
            found |= {place.name for place in folder.iterdir() if place.is_dir() and place.name.isprintable()}
    return sorted(found)


_OF_OPTION: Mapping[str, Offer] = {
    "target": declared,
    "exclude": declared,
    "replace": ids,
    "var": variables,
    "stack": stacks,
    "provider": providers,
}
_OF_VERB: Mapping[str, Offer] = {
    "output": outputs,
    "test": of_flake,
    "why": attributes,
    "import": declared,
    "gen": providers,
    "state replace-provider": providers,
    **{f"stacks {verb}": stacks for verb in ("list", "plan", "apply", "destroy", "output")},
    **{f"{group} {verb}": workspaces for group in ("workspace", "env") for verb in ("select", "delete")},
}


def _asked(words: Sequence[str]) -> Offer:
    """What is wanted after these words: ids, unless the option before or the verb takes other names."""
    if words[-1:] and words[-1].startswith("-") and (offer := _OF_OPTION.get(words[-1].lstrip("-").rstrip("="))):
        return offer
    verb = _verb(words)
    return _OF_VERB.get(" ".join(verb[:2])) or _OF_VERB.get(" ".join(verb[:1])) or ids


def _verb(words: Sequence[str]) -> list[str]:
    """The words that are neither options nor, where others are left, may be values of options."""
    plain = [(before, word) for before, word in zip(["", *words], words, strict=False) if not word.startswith("-")]
    sure = [word for before, word in plain if not before.startswith("-") or "=" in before]
    return sure or [word for _, word in plain]


def _joined(words: Iterable[str]) -> list[str]:
    """Words as typed: bash makes three of `--flake=DIR`."""
    found: list[str] = []
    for word in words:
        if found and (word == "=" or found[-1].endswith("=")):
            found[-1] += word
        else:
            found.append(word)
    return found


def _project() -> Path:
    """Here, or the next directory above with a flake, within the git work tree."""
    here = Path.cwd()
    for place in (here, *here.parents):
        if (place / ".nivis").is_dir() or (place / "flake.nix").is_file():
            return place
        if (place / ".git").exists():
            break
    return here


def _value(words: Sequence[str], option: str) -> str:
    """What was typed for an option; the last one counts."""
    found = ""
    for before, word in zip(["", *words], words, strict=False):
        if before == option:
            found = word
        elif word.startswith(f"{option}="):
            found = word.removeprefix(f"{option}=")
    return found


def main(words: Sequence[str]) -> int:
    """`nivis __complete [--current=WORD] [WORD...]`: the word at the cursor, and those before it."""
    typed = ""
    if words[:1] and words[0].startswith(_CURRENT):
        typed, words = words[0].removeprefix(_CURRENT), words[1:]
    words = _joined(words)
    if typed.startswith("-") and "=" in typed:
        option, _, typed = typed.partition("=")
        words.append(option)
    flake = _value(words, "--flake")
    project = Path(flake).expanduser() if flake else _project()
    offer = _asked(words)
    if offer is not stacks and (stack := _value(words, "--stack")):
        project = project / ".nivis" / "stacks" / stack
    for name in offer(project, typed):
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
