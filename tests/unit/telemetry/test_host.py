"""Spans for a program that uses nivis as a library."""

from __future__ import annotations

import pytest
from opentelemetry import trace

from nivis_tofu.telemetry.host import host_spans
from tests.support.spans import KeptSpans


def test_none_without_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_spans("plan") is None
    monkeypatch.setattr(trace, "get_tracer_provider", trace.NoOpTracerProvider)
    assert host_spans("plan") is None


def test_those_of_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptSpans.new()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: kept.provider)
    spans = host_spans("plan")
    assert spans is not None
    with spans.around(("tofu", "plan")) as more:
        assert more["OTEL_TRACES_EXPORTER"] == "none"
    spans.end()
    assert kept.tree() == ["nivis plan", ["tofu plan"]]
