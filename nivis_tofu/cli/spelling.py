"""OpenTofu's spelling of flags -> ours, so that a pipeline's line works with `tofu` replaced by `nivis`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from nivis_tofu.cli.common import VALUE_OPTIONS

_SWITCHES = {"refresh": "--no-refresh", "lock": "--no-lock", "input": "--no-input", "backend": "--no-backend"}
"""Flags that OpenTofu writes `-name=true|false`; on is our default."""
_PLAIN_SWITCHES = {"json", "destroy", "auto-approve", "detailed-exitcode", "refresh-only"}
_ENGINE_VERBS = {"init", "plan", "apply", "destroy", "refresh", "validate", "show", "output", "import"}
_DROPPED = {"compact-warnings", "concise", "show-sensitive=false"}
"""They change how the engine prints, and it does not print here."""


def split(argv: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """What is for us, and what stands after `--` and goes to the engine."""
    args = list(argv)
    end = args.index("--") if "--" in args else len(args)
    return args[:end], tuple(args[end + 1 :])


def normalise(argv: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """`-flag=x` becomes `--flag=x`; global options before the verb move behind it.

    TF_CLI_ARGS and TF_CLI_ARGS_<verb> count as typed behind the verb, as with OpenTofu; they are for the user's own
    command and never reach the engine processes behind it.
    """
    head = [a for raw in argv for a in _flag(raw)]
    front: list[str] = []
    while head and head[0].startswith("--") and head[0] not in ("--help", "--version"):
        front.append(head.pop(0))
        if front[-1] in VALUE_OPTIONS and head:
            front.append(head.pop(0))
    if not head:
        return front
    given: list[str] = []
    if head[0] in _ENGINE_VERBS:
        words = shlex.split(env.get("TF_CLI_ARGS", "")) + shlex.split(env.get(f"TF_CLI_ARGS_{head[0]}", ""))
        given = [a for raw in words for a in _flag(raw)]
    return [head[0], *given, *head[1:], *front]


def _flag(raw: str) -> Iterable[str]:
    if not re.match(r"--?[a-z][a-z]", raw):
        return (raw,)
    name, equals, value = raw.lstrip("-").partition("=")
    if name in _DROPPED:
        return ()
    if name == "no-color":
        return ("--color=never",)
    if name == "chdir":
        return (f"--flake={value}",)
    if name in _SWITCHES and equals:
        return () if value in ("true", "1") else (_SWITCHES[name],)
    if equals and value in ("true", "false") and name in _PLAIN_SWITCHES:
        return (f"--{name}",) if value == "true" else ()
    return (f"--{name}{equals}{value}",)
