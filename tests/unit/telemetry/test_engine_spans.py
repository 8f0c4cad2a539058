"""Spans of engines: read from the protocol, cleaned, and put where they belong."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from nivis_tofu.telemetry import engine_spans

OWNER = SpanContext(0xAA, 0xBB, is_remote=False, trace_flags=TraceFlags(1))


def hide(text: str) -> str:
    return text.replace("hunter2", "(sensitive)")


def request(**more: Any) -> ExportTraceServiceRequest:
    """One span; `more`: fields of it."""
    found = ExportTraceServiceRequest()
    group = found.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "OpenTofu hunter2"
    part = group.scope_spans.add()
    part.scope.name = "tofu"
    part.spans.add(
        **{"name": "plan", "trace_id": (0xAA).to_bytes(16, "big"), "span_id": (1).to_bytes(8, "big"), **more},
        start_time_unix_nano=5,
        end_time_unix_nano=7,
    )
    return found


def read(found: ExportTraceServiceRequest) -> Any:
    (span,) = engine_spans.read(found.SerializeToString(), OWNER, hide)
    return span


def test_a_span_as_it_was() -> None:
    span = read(request(parent_span_id=(0xCC).to_bytes(8, "big"), kind=3))
    assert (span.name, span.kind, span.start_time, span.end_time) == ("plan", SpanKind.CLIENT, 5, 7)
    assert (span.context.trace_id, span.context.span_id, span.parent.span_id) == (0xAA, 1, 0xCC)
    assert span.context.trace_flags.sampled
    assert span.instrumentation_scope.name == "tofu"


def test_one_that_began_a_trace_of_its_own_is_part_of_the_process() -> None:
    whole = "terraform plan -var-file\\=x -var\\=password\\=swordfish"
    span = read(request(name=whole, trace_id=(0xEE).to_bytes(16, "big")))
    assert (span.context.trace_id, span.parent) == (0xAA, OWNER)
    assert span.name == "terraform plan"
    assert read(request(name="-x")).name == "-x"


def test_no_secret_in_any_text() -> None:
    found = request(name="hunter2", parent_span_id=b"x")
    span = found.resource_spans[0].scope_spans[0].spans[0]
    span.status.code, span.status.message = 2, "bad hunter2"
    span.attributes.add(key="a").value.string_value = "hunter2"
    span.attributes.add(key="b").value.array_value.values.add().string_value = "hunter2"
    inner = span.attributes.add(key="c").value.kvlist_value.values.add(key="d")
    inner.value.string_value = "hunter2"
    span.attributes.add(key="e").value.bytes_value = b"hunter2"
    event = span.events.add(name="hunter2", time_unix_nano=6)
    event.attributes.add(key="f").value.string_value = "hunter2"
    span.links.add(span_id=b"y").attributes.add(key="g").value.string_value = "hunter2"
    made = read(found)
    assert "hunter2" not in made.to_json()
    assert made.status.description == "bad (sensitive)"
    assert made.events[0].attributes["f"] == "(sensitive)"


def test_what_is_no_text_stays() -> None:
    found = request(parent_span_id=b"x")
    attributes = found.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.add(key="n").value.int_value = 3
    attributes.add(key="b").value.bool_value = True
    attributes.add(key="none")
    assert dict(read(found).attributes) == {"n": 3, "b": True, "none": ""}


def test_a_good_status_has_no_text() -> None:
    found = request()
    status = found.resource_spans[0].scope_spans[0].spans[0].status
    status.code, status.message = 1, "fine"
    assert read(found).status.description is None


def test_garbage() -> None:
    with pytest.raises(ValueError, match="OTLP"):
        list(engine_spans.read(b"\xff\xff not a message", OWNER, hide))


def test_what_is_read_can_be_sent_again() -> None:
    sent = encode_spans([read(request(kind=0))])
    assert sent.resource_spans[0].scope_spans[0].spans[0].name == "plan"
