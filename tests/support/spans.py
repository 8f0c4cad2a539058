"""Spans that are kept in memory, for tests of what makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nivis_tofu.telemetry.spans import Spans


@dataclass
class KeptSpans:
    """`made` makes them; the others look at those that have ended."""

    provider: Any
    exporter: Any

    @classmethod
    def new(cls) -> KeptSpans:
        provider, exporter = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return cls(provider, exporter)

    def made(self, **more: Any) -> Spans:
        return Spans(self.provider.get_tracer("nivis"), "nivis", **more)

    @property
    def ended(self) -> list[Any]:
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time)

    def named(self, name: str) -> Any:
        (found,) = (span for span in self.ended if span.name == name)
        return found

    def tree(self, above: ReadableSpan | None = None) -> list[Any]:
        """Names as nested lists: a name, then what is below it if there is something."""
        found: list[Any] = []
        for span in self.ended:
            if (span.parent.span_id if span.parent else None) == (above.context.span_id if above else None):
                found.append(span.name)
                found += [inner] if (inner := self.tree(span)) else []
        return found
