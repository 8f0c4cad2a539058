"""The trace of a command line, from its beginning to a collector."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator

import pytest

from nivis_tofu.telemetry.program import Program
from tests.support.collector import collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    found = [logging.getLogger(name) for name in ("opentelemetry", "urllib3", "requests", "grpc")]
    before = [(logger, logger.handlers, logger.propagate) for logger in found]
    yield
    for logger, handlers, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate


def test_it_is_part_of_what_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time_ns() - 10**9
    with collecting() as collector:
        for name, value in {**collector.environment, "TRACEPARENT": PARENT}.items():
            monkeypatch.setenv(name, value)
        program = Program(os.environ, began)
        program.spans.called("plan")
        assert program.end(0) is None
    span = collector.named("nivis plan")
    assert (span.trace, span.above, span.start) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", began)


def test_nothing_is_sent_of_a_trace_that_nobody_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        for name, value in {**collector.environment, "TRACEPARENT": PARENT[:-1] + "0"}.items():
            monkeypatch.setenv(name, value)
        program = Program(os.environ, time.time_ns(), forks=True)
        with program.spans.around(("tofu", "plan")) as more:
            assert more["TRACEPARENT"].endswith("-00")
            assert more["OTEL_TRACES_EXPORTER"] == "none"
        assert program.end(0) is None
    assert collector.spans == []
