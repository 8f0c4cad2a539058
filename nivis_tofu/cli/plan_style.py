"""How much of a plan the user wishes for: flags, then the environment; what the flake prefers comes after both."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import PlanStyle

VARIABLE = "NIVIS_STYLE"
Unchanged = Annotated[bool, typer.Option("--all", help="List unchanged resources too.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show the attributes that change, old -> new; as `--style diff`.")]
Style = Annotated[
    PlanStyle | None, typer.Option("--style", help="How much to show (environment: NIVIS_STYLE; default: list).")
]
Detailed = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit with 2 if something changes.")]


def wished(flag: PlanStyle | None, diff: bool) -> PlanStyle | None:
    """The style from `--style`, `--diff` or NIVIS_STYLE, or None. Raises NivisError for an unknown style."""
    if flag is not None or diff:
        return flag or PlanStyle.diff
    word = os.environ.get(VARIABLE, "")
    if not word:
        return None
    if word not in list(PlanStyle):
        raise NivisError.of(
            "Unknown style of a plan",
            f"{VARIABLE} is `{word}`.",
            f"Choose one of {', '.join(PlanStyle)}.",
        )
    return PlanStyle(word)
