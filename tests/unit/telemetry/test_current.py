"""The spans of the run that goes on, in the trace of a program that uses nivis as a library."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from opentelemetry import trace

from nivis_tofu.core.errors import NivisError
from nivis_tofu.telemetry.current import SPANS, within_host
from tests.support.spans import KeptSpans


def test_none_without_a_provider() -> None:
    with within_host("plan"):
        assert SPANS.get() is None


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> KeptSpans:
    found = KeptSpans.new()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: found.provider)
    return found


def test_they_are_part_of_what_goes_on_there(kept: KeptSpans) -> None:
    tracer: Any = kept.provider.get_tracer("host")
    with tracer.start_as_current_span("deploy"), within_host("plan"):
        spans = SPANS.get()
        assert spans is not None
        with spans.around(("tofu", "plan")) as more:
            assert more["OTEL_TRACES_EXPORTER"] == "none"
        with within_host("survey"):  # a part of the same run
            assert SPANS.get() is spans
    assert SPANS.get() is None
    assert kept.tree() == ["deploy", ["nivis plan", ["tofu plan"]]]
    assert dict(kept.named("nivis plan").attributes) == {"nivis.verb": "plan"}


def test_a_failure_is_theirs_too(kept: KeptSpans) -> None:
    with pytest.raises(NivisError, match="A cycle"), within_host("apply"):
        raise NivisError.of("A cycle")
    assert kept.named("nivis apply").status.description == "A cycle"
    assert SPANS.get() is None


def test_runs_in_two_threads_do_not_meet(kept: KeptSpans) -> None:
    ready = threading.Barrier(2, timeout=10)

    def run(verb: str) -> None:
        with within_host(verb):
            ready.wait()
            spans = SPANS.get()
            assert spans
            with spans.around(("tofu", verb)):
                ready.wait()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in ("plan", "apply")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, zip(*[iter(kept.tree())] * 2, strict=True))) == [
        "('nivis apply', ['tofu apply'])",
        "('nivis plan', ['tofu plan'])",
    ]
