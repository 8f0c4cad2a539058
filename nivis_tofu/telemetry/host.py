"""The trace of a program that uses nivis as a library, if it makes one."""

from __future__ import annotations

from typing import Any

from opentelemetry import trace

from nivis_tofu import __version__
from nivis_tofu.telemetry.asked import EXPORTER, NONE
from nivis_tofu.telemetry.spans import SCOPE, Spans


def host_spans(verb: str) -> Spans | None:
    """Spans in the present context of the program; None where it makes no traces.

    Engines make none of their own: nobody could take secrets out of them.
    """
    provider: Any = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        return None
    spans = Spans(provider.get_tracer(SCOPE, __version__), SCOPE, for_engine=lambda _: {EXPORTER: NONE})
    spans.called(verb)
    return spans
