"""Where spans go, and what is said if they do not arrive."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult

from nivis_tofu.core.errors import NivisError
from nivis_tofu.telemetry.redaction import Redaction
from nivis_tofu.telemetry.sending import Sending
from tests.support.collector import Collector, collecting


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Loggers as they were, and nothing of the machine's environment."""
    loggers = [logging.getLogger(name) for name in ("opentelemetry", "urllib3", "requests", "grpc")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    yield
    for logger, handlers, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


def sending(monkeypatch: pytest.MonkeyPatch, env: dict[str, str], *, at_end: bool = False) -> Sending:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return Sending(env, Redaction(), at_end=at_end)


def one_span(found: Sending) -> None:
    found.provider.get_tracer("t").start_span("one").end()


@pytest.mark.parametrize("at_end", [False, True])
def test_it_arrives(monkeypatch: pytest.MonkeyPatch, collector: Collector, at_end: bool) -> None:
    before = set(threading.enumerate())
    found = sending(monkeypatch, {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=k1", **collector.environment}, at_end=at_end)
    assert bool(set(threading.enumerate()) - before) is not at_end
    one_span(found)
    assert found.end() is None
    assert collector.named("one").service == "nivis"
    assert collector.headers["api-key"] == "k1"


def test_what_the_environment_calls_it(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    found = sending(
        monkeypatch, {"OTEL_SERVICE_NAME": "infra", "OTEL_RESOURCE_ATTRIBUTES": "env=ci", **collector.environment}
    )
    one_span(found)
    found.end()
    assert collector.named("one").service == "infra"
    assert b"env" in collector.raw


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("nivis_tofu.telemetry.sending.IN_DOUBT", 0.05)
    monkeypatch.setattr("nivis_tofu.telemetry.sending.PATIENCE", 60)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    found = sending(monkeypatch, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://me:swordfish@{place}/?key=hunter2"})
    one_span(found)
    began = time.monotonic()
    error = found.end()
    assert time.monotonic() - began < 30
    assert error is not None
    assert error.diagnostics[0].summary == "Traces could not be sent"
    assert error.diagnostics[0].detail == (
        f"http://{place}: Connection refused. 1 of 1 spans are lost; nothing else of the run hangs on them."
    )
    assert capfd.readouterr() == ("", "")


def test_who_refuses_with_words_that_hold_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting(401) as refusing:
        found = sending(
            monkeypatch, {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Unauthorized", **refusing.environment}
        )
        one_span(found)
        error = found.end()
    assert error is not None
    assert "401" in error.diagnostics[0].detail
    assert "Unauthorized" not in error.diagnostics[0].detail


def test_who_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nivis_tofu.telemetry.sending.PATIENCE", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        found = sending(monkeypatch, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}"})
        one_span(found)
        began = time.monotonic()
        error = found.end()
        assert time.monotonic() - began < 8  # an exporter itself waits for ten seconds
    assert error is not None
    assert "no answer in time" in error.diagnostics[0].detail


def test_without_a_socket_the_engine_makes_no_spans(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    found = sending(monkeypatch, collector.environment)
    monkeypatch.setattr("nivis_tofu.telemetry.sending.Relay", lambda *_: (_ for _ in ()).throw(OSError("no sockets")))
    owner = found.provider.get_tracer("t").start_span("process").get_span_context()
    assert found.for_engine(owner) == {"OTEL_TRACES_EXPORTER": "none"}
    found.end()


def test_the_console_is_stderr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = sending(monkeypatch, {"OTEL_TRACES_EXPORTER": "console"})
    one_span(found)
    assert capsys.readouterr() == ("", "")  # not in between
    assert found.end() is None
    out, err = capsys.readouterr()
    assert out == ""
    assert '"name": "one"' in err


@pytest.mark.parametrize(
    ("env", "summary"),
    [
        ({"OTEL_TRACES_EXPORTER": "pigeon"}, "Unknown exporter of traces"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/xml"}, "Unknown protocol for traces"),
    ],
)
def test_what_nobody_knows(monkeypatch: pytest.MonkeyPatch, env: dict[str, str], summary: str) -> None:
    with pytest.raises(NivisError, match=summary):
        sending(monkeypatch, env)


def test_engines_send_to_us_if_anybody_keeps_it(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    found = sending(monkeypatch, {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=k1", **collector.environment})
    tracer = found.provider.get_tracer("t")
    span = tracer.start_span("process")
    env = found.for_engine(span.get_span_context())
    assert env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].startswith("http://127.0.0.1:")
    assert not env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].startswith(collector.url)
    found.end()
    for name, at_end in (("always_off", False), ("always_on", True)):
        other = sending(monkeypatch, {"OTEL_TRACES_SAMPLER": name, **collector.environment}, at_end=at_end)
        unkept = other.provider.get_tracer("t").start_span("process").get_span_context()
        assert other.for_engine(unkept) == {"OTEL_TRACES_EXPORTER": "none"}
        other.end()


def test_what_there_was_no_room_for_is_told(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    env = {"OTEL_BSP_MAX_QUEUE_SIZE": "5", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "5", **collector.environment}
    found = sending(monkeypatch, env)
    going = threading.Event()
    monkeypatch.setattr(found._sender, "_targets", [_Slow(going)])
    for _ in range(100):
        one_span(found)
    going.set()
    error = found.end()
    assert error is not None
    assert " of 100 spans are lost" in error.diagnostics[0].detail


class _Slow:
    """Takes nothing before it may."""

    def __init__(self, going: threading.Event) -> None:
        self._going = going

    def export(self, _: object) -> SpanExportResult:
        self._going.wait()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass
