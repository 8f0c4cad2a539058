"""The context of a trace on its way through the environment."""

from __future__ import annotations

from opentelemetry import trace

from nivis_tofu.telemetry import carrier

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
GIVEN = {"TRACEPARENT": PARENT, "TRACESTATE": "vendor=x", "BAGGAGE": "who=ci"}


def test_what_is_received_is_handed_on() -> None:
    assert carrier.handed_on(carrier.received({**GIVEN, "PATH": "/bin"})) == GIVEN


def test_nothing_of_nothing() -> None:
    assert carrier.handed_on(carrier.received({"PATH": "/bin"})) == {}
    assert carrier.handed_on(carrier.received({"TRACEPARENT": "garbage"})) == {}


def test_a_span_hands_on_itself() -> None:
    found = trace.get_current_span(carrier.received(GIVEN)).get_span_context()
    assert f"{found.span_id:016x}" == "b7ad6b7169203331"
    assert found.is_remote
