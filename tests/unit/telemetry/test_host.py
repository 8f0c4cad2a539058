"""Spans in the trace of a program that uses nivis as a library."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import trace

from nivis_tofu.telemetry import host
from tests.support.spans import KeptSpans


def test_none_without_a_provider() -> None:
    assert host.host_spans("nivis plan") is None


def test_they_are_part_of_what_goes_on_there(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptSpans.new()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: kept.provider)
    tracer: Any = kept.provider.get_tracer("host")
    with tracer.start_as_current_span("deploy"):
        spans = host.host_spans("nivis plan")
        assert spans is not None
        spans.end()
    assert kept.tree() == ["deploy", ["nivis plan"]]
