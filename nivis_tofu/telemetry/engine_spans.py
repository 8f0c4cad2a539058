"""The spans that an engine makes of its own, read from its protocol: secrets taken out, and made part of our trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def read(body: bytes, owner: SpanContext, text: Callable[[str], str]) -> Iterator[Any]:
    """Spans as the SDK has them. `owner`: that of the process, in whose trace all of them are. Raises ValueError."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except Exception as error:  # of the package that decodes, which has its own
        raise ValueError("not OTLP") from error
    for group in request.resource_spans:
        resource = Resource(_attributes(group.resource.attributes, text), group.schema_url)
        for part in group.scope_spans:
            scope = InstrumentationScope(part.scope.name, part.scope.version, part.schema_url)
            for span in part.spans:
                yield _span(span, owner, resource, scope, text)


def _span(span: Any, owner: SpanContext, resource: Any, scope: Any, text: Callable[[str], str]) -> Any:
    # An engine that knows nothing of TRACEPARENT begins a trace of its own.
    above = _context(owner.trace_id, span.parent_span_id) if span.parent_span_id else owner
    return ReadableSpan(
        text(span.name if span.parent_span_id else _without_options(span.name)),
        _context(owner.trace_id, span.span_id),
        above,
        resource,
        _attributes(span.attributes, text),
        [Event(text(e.name), _attributes(e.attributes, text), e.time_unix_nano) for e in span.events],
        [Link(_context(_number(k.trace_id), k.span_id), _attributes(k.attributes, text)) for k in span.links],
        SpanKind(max(span.kind - 1, 0)),
        status=_status(span.status, text),
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        instrumentation_scope=scope,
    )


def _without_options(name: str) -> str:
    """Terraform calls its first span by its whole command line."""
    return " ".join(takewhile(lambda word: not word.startswith("-"), name.split())) or name.partition(" ")[0]


def _status(status: Any, text: Callable[[str], str]) -> Status:
    code = StatusCode(status.code)
    return Status(code, text(status.message) if code is StatusCode.ERROR else None)


def _context(trace: int, span: bytes) -> SpanContext:
    return SpanContext(trace, _number(span), is_remote=False, trace_flags=_SAMPLED)


def _number(identity: bytes) -> int:
    return int.from_bytes(identity, "big")


def _attributes(pairs: Iterable[Any], text: Callable[[str], str]) -> dict[str, Any]:
    return {pair.key: _value(pair.value, text) for pair in pairs}


def _value(found: Any, text: Callable[[str], str]) -> Any:
    match found.WhichOneof("value"):
        case "string_value":
            return text(found.string_value)
        case "array_value":
            return [_value(item, text) for item in found.array_value.values]
        case "kvlist_value":
            return _attributes(found.kvlist_value.values, text)
        case "bytes_value" | None:
            return ""  # nobody can say whether something in it is secret
        case name:
            return getattr(found, name)
