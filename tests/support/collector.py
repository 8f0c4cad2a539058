"""Somebody who takes traces: OTLP over HTTP, as a collector does, decoded and kept."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class TakenSpan:
    """A span as it was received; times in nanoseconds."""

    name: str
    service: str
    trace: str
    id: str
    above: str
    start: int
    end: int
    failed: bool
    status: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]


@dataclass
class Collector:
    """`raw`: all that was received, byte for byte; `headers`: of the last request."""

    raw: bytearray = field(default_factory=bytearray)
    spans: list[TakenSpan] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What makes nivis send its traces here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}

    def take(self, body: bytes) -> None:
        self.raw += body
        self.spans += decoded(body)

    def named(self, name: str) -> TakenSpan:
        """The only span of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def below(self, above: TakenSpan) -> list[TakenSpan]:
        """Its children, by their beginning."""
        return sorted((span for span in self.spans if span.above == above.id), key=lambda span: span.start)

    def tree(self, above: TakenSpan, service: str = "nivis") -> list[Any]:
        """Names of what is below, as nested lists: a name, then what is below it if there is something."""
        found: list[Any] = []
        for span in (span for span in self.below(above) if span.service == service):
            found.append(span.name)
            found += [inner] if (inner := self.tree(span, service)) else []
        return found


def decoded(body: bytes) -> Iterator[TakenSpan]:
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _values(group.resource.attributes)["service.name"]
        for span in (span for part in group.scope_spans for span in part.spans):
            yield TakenSpan(
                span.name,
                service,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                span.start_time_unix_nano,
                span.end_time_unix_nano,
                span.status.code == 2,
                span.status.message,
                _values(span.attributes),
                [(event.name, _values(event.attributes)) for event in span.events],
            )


def _values(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(found: Any) -> Any:
    name = found.WhichOneof("value")
    if name == "array_value":
        return [_value(item) for item in found.array_value.values]
    return getattr(found, name) if name else None


@contextlib.contextmanager
def collecting(status: int = 200) -> Iterator[Collector]:
    """A collector on this machine; every request is answered with `status`."""
    collector = Collector()

    class CollectorRequest(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.headers = {name.lower(): value for name, value in self.headers.items()}
            collector.take(body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), CollectorRequest)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
