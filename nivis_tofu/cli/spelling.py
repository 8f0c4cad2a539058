"""OpenTofu's spelling of flags -> ours, so that a pipeline's line works with `tofu` replaced by `nivis`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nivis_tofu.cli.common import VALUE_OPTIONS

_SWITCHES = {"refresh": "--no-refresh", "lock": "--no-lock", "input": "--no-input", "backend": "--no-backend"}
"""Flags that OpenTofu writes `-name=true|false`; on is our default."""
_DROPPED = {"compact-warnings", "concise", "show-sensitive=false"}
"""They change how the engine prints, and it does not print here."""


def normalise(argv: Sequence[str]) -> list[str]:
    """`-flag=x` becomes `--flag=x`; global options before the verb move behind it; after `--` nothing is touched."""
    args = list(argv)
    end = args.index("--") if "--" in args else len(args)
    head = [a for raw in args[:end] for a in _flag(raw)]
    front: list[str] = []
    while head and head[0].startswith("--") and head[0] not in ("--help", "--version"):
        front.append(head.pop(0))
        if front[-1] in VALUE_OPTIONS and head:
            front.append(head.pop(0))
    return [*head, *front, *args[end:]] if head else [*front, *args[end:]]


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
    if equals and value in ("true", "false") and name in ("json", "destroy", "auto-approve", "detailed-exitcode"):
        return (f"--{name}",) if value == "true" else ()
    return (f"--{name}{equals}{value}",)
