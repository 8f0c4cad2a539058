"""The spans of the run that goes on, if somebody wants any; loads nothing else."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivis_tofu.telemetry.spans import Spans

SPANS: ContextVar[Spans | None] = ContextVar("spans", default=None)
"""Those of the run that goes on, if somebody wants them."""

QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
"""Does somebody else tell what stands in the way of traces, who started this run in a fork?"""


@contextlib.contextmanager
def within_host(verb: str) -> Iterator[None]:
    """Around a run of the library: spans in the trace of the program that uses it, if that makes any."""
    if SPANS.get() or "opentelemetry.trace" not in sys.modules:
        yield
        return
    from nivis_tofu.telemetry.host import host_spans

    spans = host_spans(verb)
    before = SPANS.set(spans)
    try:
        with spans.whole() if spans else contextlib.nullcontext():
            yield
    finally:
        SPANS.reset(before)
        if spans:
            spans.end()
