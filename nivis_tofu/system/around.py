"""What may be opened around each process: who watches a run there sees when it begins and ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

Around: TypeAlias = Callable[[Sequence[str]], AbstractContextManager[Mapping[str, str]]]
"""Gets the program's name and the words that say what it does; what is added to its environment."""


def unwatched(_words: Sequence[str]) -> AbstractContextManager[Mapping[str, str]]:
    """Nobody watches a process, and nothing is added to its environment."""
    return contextlib.nullcontext({})
