"""What a verb over many stacks came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from nivis_tofu.core.immutable import immutable

State = Literal["done", "waits", "failed", "unknown", "not started"]
"""`waits`: it went as far as it could, and needs something more; `unknown`: nobody knows what became of it."""


@immutable
class Result:
    """What became of one stack. `document`: its plan, or the result of its run, as `--json` tells it."""

    stack: str
    state: State
    code: int | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    """What it printed."""
    narrative: Sequence[str] = ()
    because: tuple[str, ...] = ()
    """Stacks that it waited for and that did not end well."""

    @property
    def changing(self) -> tuple[str, ...]:
        """Names of the outputs that a plan changes."""
        found = self.document.get("outputs")
        return tuple(sorted(found)) if isinstance(found, Mapping) else ()

    @property
    def actions(self) -> Mapping[str, int]:
        """Action -> how many, of what a plan changes."""
        found: dict[str, int] = {}
        for change in self.document.get("changes", ()):
            found[change["action"]] = found.get(change["action"], 0) + 1
        return {action: n for action, n in found.items() if action not in ("noop", "read")}

    @property
    def changes(self) -> bool:
        """Does a plan change anything?"""
        return bool(self.actions or self.changing)
