"""What a flake has plans for: `nivis.plan`, or stacks beside each other; each has names of its own for what it owns."""

from __future__ import annotations

from typing import Final

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

STACKS: Final = "nivis.stacks"
"""The attribute of the flake that holds the stacks."""
_NAME = regex(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z")


@immutable(slots=True)
class Namespace:
    """File names are relative to the project, `work` to its `.nivis/`."""

    attribute: str
    state: str
    lock_file: str
    work: str = ""
    stack: str = ""


PLAN: Final = Namespace("nivis.plan", "nivis.state.json", ".terraform.lock.hcl")


def of_stack(name: str) -> Namespace:
    """The names of a stack. Raises NivisError for a name that none can have."""
    if not _NAME.match(name):
        raise NivisError.of(
            "Malformed name of a stack",
            f"`{name}` cannot be the name of a stack: files and directories are named after it.",
            "Use letters, digits, `_` and `-`, and begin with a letter, a digit or `_`.",
        )
    if name == "auto":
        raise NivisError.of(
            "A name that no stack can have",
            "Files that begin with `nivis.auto.` hold variables: the state of this stack would be read as such a file.",
            "Give it another name. If it has a state already, rename `nivis.auto.state.json` to that of the new name.",
        )
    return Namespace(f"{STACKS}.{name}", f"nivis.{name}.state.json", f"nivis.{name}.lock.hcl", f"stacks/{name}", name)
