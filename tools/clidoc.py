"""`docs/reference/cli.md` from the command line itself: `python -m tools.clidoc` writes it, a test compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from nivis_tofu.cli.app import application
from nivis_tofu.cli.common import Common

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
HEAD = """# The command line

Generated from the program by `python -m tools.clidoc`; do not edit. Examples with real output: [init](cli/init.md),
[state](cli/state.md), [looking at things](cli/insight.md), [plan and apply](cli/plan-and-apply.md),
[making flakes](cli/writing-flakes.md), [the engine's own verbs and help](cli/engine.md),
[every flag of OpenTofu](cli/opentofu.md).

Flags may be written `--flag` or, as OpenTofu does, `-flag`; `-refresh=false`, `-input=false`, `-lock=false`,
`-no-color`, `-chdir=DIR` and `-compact-warnings` are understood too. What stands after `--` goes to the engine.
IDs may be nivis ids (`aws.aws_s3_bucket.demo`) or engine addresses (`aws_s3_bucket.demo`).

Exit codes: 0 ok, 1 error (usage errors too), 2 only with `-detailed-exitcode`: something changes or is pending,
3 not converged, 130 interrupted, 143 terminated.
"""


def render() -> str:
    """The whole page."""
    command: Any = typer.main.get_command(application())
    shared = {f.name for f in fields(Common)}
    found = list(verbs(command, "nivis"))
    some = next(c for name, c in found if name == "nivis plan")
    parts = [HEAD, "## Global options\n", _options(some, shared, only=True)]
    for name, verb in found:
        arguments = " ".join(metavar(p) for p in verb.params if p.param_type_name == "argument")
        parts.append(f"## {name} {arguments}".rstrip() + "\n")
        parts.append((verb.help or "").strip() + "\n")
        if table := _options(verb, shared, only=False):
            parts.append(table)
    return "\n".join(parts)


def verbs(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    for key, inner in sorted(getattr(command, "commands", {}).items()):
        if inner.hidden:
            continue
        if hasattr(inner, "commands"):
            yield from verbs(inner, f"{name} {key}")
        else:
            yield f"{name} {key}", inner


def _options(verb: Any, shared: set[str], *, only: bool) -> str:
    rows = []
    for parameter in verb.params:
        if parameter.param_type_name != "option" or parameter.hidden or (parameter.name in shared) != only:
            continue
        names = ", ".join(f"`{o}`" for o in [*parameter.opts, *parameter.secondary_opts])
        rows.append(f"| {names} | {(parameter.help or '').strip()} |")
    return "\n".join(["| option | |", "|---|---|", *rows]) + "\n" if rows else ""


def metavar(parameter: Any) -> str:
    name = parameter.metavar or str(parameter.name).strip("_").upper()
    return name if parameter.required else f"[{name}]"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
