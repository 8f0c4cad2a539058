"""What the runs of one command over many stacks are handed from the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nivis_tofu.ir.model import IR
    from nivis_tofu.stacks.survey import Survey
    from nivis_tofu.tofu.raw_state import RawOutput

EVALUATED: ContextVar[Mapping[str, Any]] = ContextVar("evaluated")
"""What one evaluation of all stacks has made, for the runs of single ones: documents by `mark`."""


READ: ContextVar[Sequence[tuple[Any, IR]]] = ContextVar("read", default=())
"""These documents with what they say."""


HEARD: ContextVar[MutableMapping[str, Mapping[str, RawOutput]] | None] = ContextVar("heard", default=None)
"""What the runs of one command have read of other stacks: each of these is done with before one that uses it begins."""


HEADS: ContextVar[Callable[[str], None] | None] = ContextVar("heads", default=None)
"""Gets where a run stands, if somebody watches many of them."""


def surveyed(found: Survey) -> None:
    """The runs that are forked from here need not ask Nix for the same again."""
    EVALUATED.set(found.made)
    READ.set(found.read)
