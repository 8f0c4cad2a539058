"""What is asked of a run, whoever asks: the command line, or a Python program."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import PLAN, Namespace, of_stack
from nivis_tofu.tofu.raw_state import RawOutput


@immutable
class RunRequest:
    """The options of a run under the names of the command line. Relative paths are relative to `project`."""

    project: Path
    """Absolute: nothing depends on the current directory of the process."""
    env: Mapping[str, str] = field(repr=False)
    """Takes the place of the environment of the process, for nivis and all that it starts."""
    flake: str = "."
    attr: str = "nivis.plan"
    stack: str | None = None
    state: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values as they are; they win over all others."""
    var: tuple[str, ...] = field(default=(), repr=False)
    var_file: tuple[str, ...] = ()
    backend: str | None = None
    root: str | None = None
    backend_config: tuple[str, ...] = field(default=(), repr=False)
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    target_file: tuple[str, ...] = ()
    exclude_file: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    refresh: bool = True
    build: bool = True
    one_plan: Literal["", "off", "on", "careful"] = ""
    """Empty: as the environment and then the flake say."""
    no_destroy: bool = False
    check: tuple[str, ...] = ()
    parallelism: int | None = None
    lock: bool = True
    lock_timeout: str = "0s"
    max_phases: int | None = None
    """None: a run goes on as long as it gets somewhere."""
    lib: Literal["bundled", "locked"] = "bundled"
    tofu: str | None = None
    engine_args: tuple[str, ...] = ()
    """Flags for the engine's plan."""
    provider_log_level: str = "off"
    made: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What one evaluation of all stacks has made, by `mark`."""
    read: Sequence[tuple[Any, Any]] = field(default=(), repr=False)
    """Such documents, each with its IR."""
    heard: MutableMapping[str, Mapping[str, RawOutput]] | None = field(default=None, repr=False)
    """Outputs of other stacks that were read for an earlier run of the same command; None: each run reads them."""

    @property
    def namespace(self) -> Namespace:
        """What of the project the run is about."""
        return PLAN if self.stack is None else of_stack(self.stack)

    @property
    def attribute(self) -> str:
        """The attribute of the flake that holds the plan."""
        return self.attr if self.stack is None else self.namespace.attribute

    @property
    def state_file(self) -> Path:
        """The local state file."""
        return self.project / (self.state or self.namespace.state)


_LONGEST = 1e9
"""Seconds; clocks of the system end somewhere above."""


def seconds_of(text: str) -> float:
    """`90`, `30s`, `5m`, `1h30m` in seconds. Raises NivisError."""
    if text == "0s":  # nearly always, without compiling the patterns
        return 0.0
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}
    # Numbers of any length would take the matching a time that grows with their square.
    formed = len(text) < 100 and re.fullmatch(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))*(?:\d+(?:\.\d+)?)?", text)
    found = sum(float(n) * units[u] for n, u in re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text)) if formed else -1
    if not text or not 0 <= found <= _LONGEST:
        raise NivisError.of("Malformed duration", f"`{text[:99]}` is not a duration.", "Write e.g. `30s` or `5m`.")
    return found
