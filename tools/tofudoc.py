"""docs/reference/cli/opentofu.md from OpenTofu's own `-help`: `python -m tools.tofudoc` writes it, a test compares."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from nivis_tofu.cli.opentofu import ALONE, IN_PROJECT, VERBS, Flag, Here
from nivis_tofu.system import locate

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "cli" / "opentofu.md"
HEAD = """# Coming from OpenTofu

Generated from OpenTofu's own `-help` by `python -m tools.tofudoc`; do not edit. A pipeline's line works with `tofu`
replaced by `nivis`. This page says of every verb and flag of OpenTofu what it does here:

- **works**: it means the same, for all phases of a run.
- **passes through**: the engine runs, with the arguments as they were typed; see [the engine's own verbs](engine.md).
- **accepted, changes nothing**: there is nothing that it could change.
- **refused**: an error says what to do instead.

`-json` with one dash is OpenTofu's own output, so that programs which read it go on working; `--json` with two is that
of nivis, see [JSON output](../json.md). Every verb takes `-help`, and `apply` and `destroy` take the flags of `plan`.
"""
_COMMAND = re.compile(r"^ {2,4}([a-z][a-z-]*) {2,}\S", re.M)
_FLAG = re.compile(r"^ {2,8}-([a-z][a-z-]*)", re.M)
_ELSEWHERE = re.compile(r"(?:^Usage:.*?|aliases:) -([a-z][a-z-]*)", re.M)
_LEGACY = "-state, state-out, and -backup are legacy options"

Helped = Mapping[str, tuple[str, ...]]
"""Words of a verb -> its flags, in the order of the help; the empty one: those before a verb."""


def helped(exe: Path) -> Helped:
    """What the engine says that it has."""
    found: dict[str, tuple[str, ...]] = {}

    def learn(words: tuple[str, ...]) -> None:
        text = _help(exe, words)
        found[" ".join(words)] = tuple(dict.fromkeys(_flags(text)))
        for section in ("Subcommands:", "Main commands:", "All other commands:"):
            _, heading, rest = text.partition(f"\n{section}\n")
            block = re.split(r"\n\s*\n", rest)[0] if heading else ""
            for below in _COMMAND.findall("\n" + block):
                learn((*words, below))

    learn(())
    return found


def _help(exe: Path, words: tuple[str, ...]) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    argv = [str(exe), *words, "-help"]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=True, timeout=60).stdout


def _flags(text: str) -> Iterator[str]:
    yield from _FLAG.findall(text.replace(f"  {_LEGACY}", ""))
    yield from _ELSEWHERE.findall(text)
    if _LEGACY in text:
        yield from ("state", "state-out", "backup")


def render(known: Helped) -> str:
    """The whole page."""
    parts = [HEAD, "| verb | here |\n|---|---|"]
    parts += [f"| `{verb}` | {_verb(verb)} |" for verb in known if verb]
    parts.append("| `env` | passes through; an older name of `workspace`, which OpenTofu no longer lists |")
    for verb, names in known.items():
        if names:
            parts.append(f"\n## {f'tofu {verb}' if verb else 'Before a verb'}\n\n| flag | here |\n|---|---|")
            parts += [f"| `-{name}` | {_told(VERBS[verb][name])} |" for name in names]
    return "\n".join(parts) + "\n"


def _verb(verb: str) -> str:
    first = verb.split()[0]
    if first in ALONE:
        return "passes through, in the directory as it is"
    if first in IN_PROJECT or verb.startswith("providers "):
        return "passes through, with what the flake declares"
    if any(name != verb and name.startswith(f"{verb} ") for name in VERBS) and verb != "providers":
        return "works: see below for each of its verbs"
    return "works"


def _told(flag: Flag) -> str:
    if flag.here is Here.REFUSED:
        return f"refused: {flag.note}"
    return f"{flag.here.value}: {flag.note}" if flag.note else flag.here.value


if __name__ == "__main__":
    environment = dict(os.environ)
    engine = locate.find_engine(None, environment, lambda _: "")
    TARGET.write_text(render(helped(engine.exe)), encoding="utf-8")
