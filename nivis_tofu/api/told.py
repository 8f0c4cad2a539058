"""What the environment says of how to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from nivis_tofu.core.errors import NivisError


def ask(env: Mapping[str, str]) -> Literal["", "always", "auto", "name"]:
    """What NIVIS_ASK says."""
    match said := env.get("NIVIS_ASK", ""):
        case "" | "always" | "auto" | "name":
            return said
        case _:
            raise NivisError.of(
                "Unknown NIVIS_ASK",
                f"NIVIS_ASK is `{said}`: only `always`, `auto` and `name` are known.",
                "`always` asks about every change, `auto` on a terminal about what is destroyed or replaced, `name` "
                "also for the name of the workspace or project before everything is destroyed.",
            )


def one_plan(env: Mapping[str, str]) -> Literal["", "off", "on", "careful"]:
    """What NIVIS_ONE_PLAN says."""
    match said := env.get("NIVIS_ONE_PLAN", ""):
        case "" | "careful":
            return said
        case "1" | "true" | "on":
            return "on"
        case "0" | "false" | "off":
            return "off"
        case _:
            raise NivisError.of(
                "Unknown NIVIS_ONE_PLAN",
                f"NIVIS_ONE_PLAN is `{said}`: only `1`, `0` and `careful` are known.",
                "`1` plans and applies everything as one, `0` does not whatever the flake prefers.",
            )
