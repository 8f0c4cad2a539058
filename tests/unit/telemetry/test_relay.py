"""What takes the spans of engines on this machine."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry.trace import SpanContext, TraceFlags

from nivis_tofu.telemetry.relay import Relay
from tests.unit.telemetry.test_engine_spans import OWNER, hide, request

ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"


@pytest.fixture
def taken() -> list[Any]:
    return []


@pytest.fixture
def relay(taken: list[Any]) -> Iterator[Relay]:
    found = Relay(taken.append, hide)
    yield found
    found.close()


def post(url: str, body: bytes, **headers: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    connection.request("POST", parts.path, body, headers)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_spans_of_a_process_are_put_below_it(relay: Relay, taken: list[Any]) -> None:
    env = relay.environment(OWNER)
    assert env["OTEL_TRACES_EXPORTER"] == "otlp"
    # Older engines read one of them, newer ones the other.
    protocols = {env[f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL"] for signal in ("", "TRACES_")}
    assert protocols == {"http/protobuf"}
    assert post(env[ENDPOINT], request(name="hunter2").SerializeToString()) == 200
    assert [(span.name, span.parent) for span in taken] == [("(sensitive)", OWNER)]


def test_each_process_has_a_place_of_its_own(relay: Relay, taken: list[Any]) -> None:
    other = SpanContext(0xAA, 0xDD, is_remote=False, trace_flags=TraceFlags(1))
    places = [relay.environment(owner)[ENDPOINT] for owner in (OWNER, other)]
    for place in places:
        post(place, gzip.compress(request().SerializeToString()), **{"Content-Encoding": "gzip"})
    assert [span.parent for span in taken] == [OWNER, other]


def test_nobody_else_on_this_machine_gets_in(relay: Relay, taken: list[Any]) -> None:
    place = urlsplit(relay.environment(OWNER)[ENDPOINT])
    assert place.hostname == "127.0.0.1"
    assert post(f"http://{place.netloc}/v1/traces", request().SerializeToString()) == 404
    assert post(place.geturl(), b"\xffgarbage") == 400
    assert taken == []
