"""Where spans go: exporters by OpenTelemetry's own environment variables, and what became of what was sent.

Whoever takes spans may be slow, gone, or never have been there: the run does not hear of it before its end.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from nivis_tofu import __version__
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.telemetry.asked import ENDPOINTS, EXPORTER, NONE, exporters
from nivis_tofu.telemetry.complaints import Complaints
from nivis_tofu.telemetry.redaction import Redaction
from nivis_tofu.telemetry.relay import Relay

PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
OTLP = "otlp"
PATIENCE, IN_DOUBT = 3.0, 0.5
"""Seconds that the end of a run waits for the next batch to arrive; if it has failed already, or is asked to hurry."""
LEAVE_AT = 2
"""Number of the request to stop that is obeyed at once."""
_STEP = 0.02
_QUEUE = 16_384
"""Spans that may wait to be sent, where the environment does not say."""
_REASON = 300


class Sender:
    """Passes spans to all exporters, and counts what has arrived."""

    def __init__(self, targets: Sequence[Any]) -> None:
        self._targets, self.sent = targets, 0

    def export(self, spans: Sequence[Any]) -> Any:
        results = [target.export(spans) for target in self._targets]
        fine = all(result is SpanExportResult.SUCCESS for result in results)
        self.sent += len(spans) if fine else 0
        return SpanExportResult.SUCCESS if fine else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        for target in self._targets:
            target.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


class Counting(SpanProcessor):  # type: ignore[misc] # nobody looks at the types of an extra
    """Passes spans on to a processor, and counts those that are to be sent."""

    def __init__(self, processor: Any) -> None:
        self._processor, self.taken = processor, 0

    def on_end(self, span: Any) -> None:
        self.taken += span.context.trace_flags.sampled
        self._processor.on_end(span)

    def shutdown(self) -> None:
        self._processor.shutdown()


class Sending:
    """`at_end`: nothing is sent before, and no thread runs meanwhile, so that this process can be forked.

    Raises NivisError for an exporter that nobody knows, ImportError where a package is missing.
    """

    def __init__(self, env: Mapping[str, str], redaction: Redaction, *, at_end: bool = False) -> None:
        self._env, self._redaction, self._at_end = env, redaction, at_end
        chosen = exporters(env)
        self._complaints = Complaints()
        self._sender = Sender([_exporter(name, env) for name in chosen])
        self._kept = InMemorySpanExporter() if at_end or "console" in chosen else None
        self._processor = Counting(SimpleSpanProcessor(self._kept) if self._kept else self._batches())
        self._relay: Relay | None = None
        self.provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self.provider.add_span_processor(self._processor)

    def _batches(self) -> Any:
        return BatchSpanProcessor(self._sender, None if "OTEL_BSP_MAX_QUEUE_SIZE" in self._env else _QUEUE)

    def for_engine(self, owner: SpanContext) -> Mapping[str, str]:
        """An engine sends its spans to us, if anybody keeps them."""
        if self._at_end or not owner.trace_flags.sampled:
            return {EXPORTER: NONE}
        try:
            self._relay = self._relay or Relay(self._processor.on_end, self._redaction.text)
        except OSError:  # no socket to be had: the engine's own spans are the least of it
            return {EXPORTER: NONE}
        return self._relay.environment(owner)

    def end(self, hurry: Callable[[], int] = lambda: 0) -> NivisError | None:
        """Send what is left, in a bounded time; the error where something was lost.

        `hurry`: how often the user has asked to stop meanwhile. Whoever asks once may do so because the run takes too
        long to stop, and wants to know later what it did; whoever asks again wants to be gone.
        """
        thread = threading.Thread(target=self._send_rest, daemon=True)
        thread.start()
        self._await(thread, hurry)
        taken, sent = self._processor.taken, self._sender.sent
        return _lost(self._env, self._complaints.text or "no answer in time", taken, sent) if sent < taken else None

    def _await(self, thread: threading.Thread, hurry: Callable[[], int]) -> None:
        sent, since = -1, 0.0
        while thread.is_alive() and (asked := hurry()) < LEAVE_AT:
            if self._sender.sent != sent:
                sent, since = self._sender.sent, time.monotonic()
            if time.monotonic() - since > (IN_DOUBT if asked or self._complaints.text else PATIENCE):
                return
            thread.join(_STEP)

    def _send_rest(self) -> None:
        if self._kept:
            self._sender.export(self._kept.get_finished_spans())
        self.provider.shutdown()
        if self._relay:
            self._relay.close()


def _resource() -> Any:
    """Ours, but for what the environment says."""
    found = Resource.create({SERVICE_VERSION: __version__})
    unnamed = str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service")
    return found.merge(Resource({SERVICE_NAME: "nivis"})) if unnamed else found


def _exporter(name: str, env: Mapping[str, str]) -> Any:
    if name == OTLP:
        return _otlp(env)
    if name == "console":
        return ConsoleSpanExporter(out=sys.stderr)
    found = next(iter(metadata.entry_points(group="opentelemetry_traces_exporter", name=name)), None)
    if found is None:
        raise NivisError.of(
            "Unknown exporter of traces",
            f"{EXPORTER} names `{name}`: `otlp`, `console` and `none` are known, and no package here brings it.",
        )
    return found.load()()


def _otlp(env: Mapping[str, str]) -> Any:
    match protocol := _first(env, PROTOCOLS) or "http/protobuf":
        case "http/protobuf":
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http

            return Http()
        case "grpc":
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc

            return Grpc()
    raise NivisError.of(
        "Unknown protocol for traces", f"`{protocol}` (OTEL_EXPORTER_OTLP_PROTOCOL): there are http/protobuf and grpc."
    )


def _first(env: Mapping[str, str], variables: Sequence[str]) -> str:
    return next((env[name].strip() for name in variables if env.get(name, "").strip()), "")


def _lost(env: Mapping[str, str], reason: str, taken: int, sent: int) -> NivisError:
    place = urlsplit(_first(env, ENDPOINTS) or "http://localhost")
    headers = [part.partition("=")[2] for name in HEADERS for part in env.get(name, "").split(",")]
    hidden = Redactor([*headers, place.password or "", place.query])
    where = f"{place.scheme}://{place.netloc.rpartition('@')[2]}"
    return NivisError.of(
        "Traces could not be sent",
        f"{where}: {hidden.redact(reason)[:_REASON].rstrip('.')}. {taken - sent} of {taken} spans are lost; "
        "nothing else of the run hangs on them.",
        f"Check {ENDPOINTS[1]}, or switch traces off with OTEL_SDK_DISABLED=true.",
    )
