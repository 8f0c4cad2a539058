"""Where engine processes run: the directory, and what has to be there while they do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from nivis_tofu.core.immutable import immutable


@immutable
class Site:
    """One place for the engine to work in."""

    path: Path
    """The directory of commands that plan, apply or change a state."""
    scratch: Path
    """Where files of ours lie that such a command reads or writes."""
    reading: Path | None = None
    """The directory of commands that only read a state or a plan; None: the same."""
    data_dir: str = ""
    """TF_DATA_DIR of commands in `path`, relative to it; empty: the engine's own `.terraform`."""
    var_files: tuple[Path, ...] = ()
    """Files with values of variables; those that do not exist are left away."""
    early_values: Callable[[], Mapping[str, str]] = dict
    """Environment variables without which a saved plan cannot be read, for an engine that takes no files beside it."""
    hushed: frozenset[str] = frozenset()
    """Summaries of warnings about what is not of this configuration."""
    module: Path | None = None
    """The generated module, as it can be read at any time."""
    name_of: Callable[[str], str] = lambda name: name
    """File name as the engine tells it -> the user's own name for that file; empty for the module."""
    occupied: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    """Entered around each process in `path`."""

    @classmethod
    def alone(cls, path: Path) -> Site:
        """A directory that everything lies in."""
        return cls(path, scratch=path)
