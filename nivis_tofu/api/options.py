"""What a program may say of a run, in the words of the command line, and how that becomes a request."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError

Names: TypeAlias = str | Sequence[str]
"""One, or several."""
File: TypeAlias = "str | os.PathLike[str]"
Files: TypeAlias = "File | Sequence[File]"


class RunOptions(TypedDict, total=False):
    """Options of a run; `nivis plan --help` explains them. Given to a project they hold for all its runs."""

    target: Names
    exclude: Names
    target_file: Files
    exclude_file: Files
    replace: Names
    refresh: bool
    build: bool
    one_plan: bool | Literal["careful"] | None
    """None: as the environment and then the flake say."""
    no_destroy: bool
    """A run that destroys or replaces something is refused before it does anything."""
    check: Names
    parallelism: int | None
    lock: bool
    lock_timeout: float | str
    """How long to wait for a lock: seconds, or text such as `5m`."""
    max_phases: int
    engine_args: Names


_SEVERAL = ("target", "exclude", "target_file", "exclude_file", "replace", "check", "engine_args")


def asked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request. Raises TypeError for an option that there is not."""
    if unknown := sorted(options.keys() - RunOptions.__annotations__.keys()):
        raise TypeError(f"there is no option `{unknown[0]}`; there are {', '.join(RunOptions.__annotations__)}")
    found = dict(options)
    for name in _SEVERAL:
        if name in found:
            found[name] = several(found[name])
    match found.get("one_plan", ""):
        case bool() as wanted:
            found["one_plan"] = "on" if wanted else "off"
        case None:
            found["one_plan"] = ""
    match found.get("lock_timeout"):
        case int() | float() as seconds:
            found["lock_timeout"] = f"{seconds:f}s"
    return found


def several(given: File | Iterable[File]) -> tuple[str, ...]:
    """Texts: a single one counts as one, not as its letters."""
    if isinstance(given, str | os.PathLike):
        return (os.fspath(given),)
    return tuple(os.fspath(one) for one in given)


def backend_settings(given: Files | Mapping[str, str]) -> tuple[str, ...]:
    """`name=value`, or names of files."""
    return tuple(f"{k}={v}" for k, v in given.items()) if isinstance(given, Mapping) else several(given)


def variables(given: Mapping[str, Any]) -> dict[str, Any]:
    """Variables as JSON, so that they equal those of a file. Raises NivisError for one that is none."""
    return {name: _as_json(name, value) for name, value in given.items()}


def _as_json(name: str, value: Any) -> Any:
    try:
        return json_text.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise NivisError.of(
            "A variable is not JSON",
            f"The value of the variable `{name}` is no text, number, truth value, list, mapping with texts as keys, or "
            "None. It is not shown.",
            "Convert it before: `str(path)`, `list(names)`.",
        ) from None
