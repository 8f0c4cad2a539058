"""The environment an engine process gets: the user's, without what would change the run behind our back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DROPPED = frozenset({"TF_DATA_DIR", "TF_CLI_ARGS", "TF_LOG", "TF_LOG_PATH"})
DROPPED_PREFIXES = ("TF_CLI_ARGS_", "TF_LOG_")
FIXED = {
    "TF_INPUT": "0",
    "TF_IN_AUTOMATION": "1",
    "CHECKPOINT_DISABLE": "1",
    "NO_COLOR": "1",
}
CLI_CONFIG = "TF_CLI_CONFIG_FILE"
_SELDOM = "800"
_MOST, _LEAST = 1 << 30, 1 << 28
_SHARES = 8
"""Engines and providers that may run at once, as with stacks side by side."""
OURS = "NIVIS_"


def own_env(base: Mapping[str, str], **extra: str) -> dict[str, str]:
    """The environment for an engine that the user runs through nivis: the user's own, without anything of nivis."""
    return _with_cli_config({n: v for n, v in base.items() if not n.startswith(OURS)}) | extra


def engine_env(base: Mapping[str, str], **extra: str) -> dict[str, str]:
    """Scrub `base`; `extra` wins over everything (a data directory that we chose ourselves).

    TF_VAR_*, TF_REATTACH_PROVIDERS, TF_ENCRYPTION and credentials go through. So does TF_WORKSPACE: to
    ignore it in silence would run the configuration against another state than the user named.
    """
    env = {name: value for name, value in base.items() if name not in DROPPED and not name.startswith(DROPPED_PREFIXES)}
    return _with_cli_config(env) | FIXED | extra


def brief(env: Mapping[str, str], memory: int) -> Mapping[str, str]:
    """The environment for an engine, and its providers, with little to do; the user's own settings stay.

    What Go programs that end soon leave behind need hardly be collected, until they come near a limit. `memory`: bytes
    that there are for all; where that is little, they collect as ever.
    """
    limit = min(memory // _SHARES, _MOST)
    if limit < _LEAST or env.keys() & {"GOGC", "GOMEMLIMIT"}:
        return env
    return {**env, "GOGC": _SELDOM, "GOMEMLIMIT": f"{limit >> 20}MiB"}


def _with_cli_config(env: dict[str, str]) -> dict[str, str]:
    """Without the name of a CLI config file that does not exist: the engine warns about it on every command."""
    if CLI_CONFIG in env and not Path(env[CLI_CONFIG]).is_file():
        del env[CLI_CONFIG]
    return env
