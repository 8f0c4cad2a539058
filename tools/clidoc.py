"""`docs/reference/cli.md` from the command line itself: `python -m tools.clidoc` writes it, a test compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from nivis_tofu.cli import app
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.help_page import GROUPS

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
HEAD = """# The command line

Generated from the program by `python -m tools.clidoc`; do not edit. Examples with real output are on the pages
[init](cli/init.md), [plan and apply](cli/plan-and-apply.md), [understanding a configuration](cli/insight.md),
[editing the state](cli/state.md), [writing flakes](cli/writing-flakes.md) and [verbs of the engine](cli/engine.md);
[coming from OpenTofu](cli/opentofu.md) lists every flag of OpenTofu.

Flags may be written `--flag` or, as OpenTofu does, `-flag`; `-refresh=false`, `-input=false`, `-lock=false`,
`-no-color`, `-chdir=DIR` and `-compact-warnings` work, too. Everything after `--` goes to the engine. An ID is a nivis
id (`aws.aws_s3_bucket.demo`) or an engine address (`aws_s3_bucket.demo`); selections also accept globs.

Exit codes: 0 success, 1 error (usage errors, too), 2 something changes or is pending (only with `-detailed-exitcode`),
3 not converged, 130 interrupted, 143 terminated.
"""


def render() -> str:
    """The whole page."""
    command: Any = app.command()
    shared = {f.name for f in fields(Common)}
    found = list(verbs(command, "nivis"))
    some = next(c for name, c in found if name == "nivis plan")
    parts = [HEAD]
    for group in GROUPS:
        parts += [f"## {group}\n", _options(p for p in some.params if p.name in shared and p.rich_help_panel == group)]
    for name, verb in found:
        arguments = " ".join(metavar(p) for p in verb.params if p.param_type_name == "argument")
        parts.append(f"## {name} {arguments}".rstrip() + "\n")
        parts.append((verb.help or "").strip() + "\n")
        if table := _options(p for p in verb.params if p.name not in shared):
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


def _options(parameters: Iterable[Any]) -> str:
    rows = []
    for parameter in parameters:
        if parameter.param_type_name != "option" or parameter.hidden:
            continue
        wanted = f" {parameter.metavar}" if parameter.metavar else ""
        names = ", ".join(f"`{name}{wanted}`" for name in [*parameter.opts, *parameter.secondary_opts])
        rows.append(f"| {names} | {(parameter.help or '').strip()} |")
    return "\n".join(["| option | |", "|---|---|", *rows]) + "\n" if rows else ""


def metavar(parameter: Any) -> str:
    name = parameter.metavar or str(parameter.name).strip("_").upper()
    return name if parameter.required else f"[{name}]"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
