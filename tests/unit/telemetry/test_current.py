"""The spans of the run that goes on, in the trace of a program that uses nivis as a library."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from opentelemetry import trace

from nivis_tofu.api import sessions
from nivis_tofu.api.sessions import Hearing
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.setup import request_of
from nivis_tofu.core.errors import NivisError
from nivis_tofu.run.loop import Run
from nivis_tofu.telemetry.current import SPANS, within_host
from tests.support.played import Play, computed, document, thing
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


def test_a_run_by_the_library_is_traced_there(kept: KeptSpans, play: Play) -> None:
    played = play(lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a"))))
    request = request_of(Common(flake=str(played.directory)), played.directory)
    with sessions.opened(request, "Project.apply", Hearing()) as session:
        assert Run(session).apply().error is None
    (name, below) = kept.tree()
    assert name == "nivis apply"
    assert [entry for entry in below if isinstance(entry, str)][:4] == ["nix flake", "phase 1", "phase 2", "evaluating"]
    assert below[below.index("phase 2") + 1] == ["nix eval", "tofu plan", "tofu apply", ["create p.t.b"]]
    assert dict(kept.named("nivis apply").attributes) == {
        "nivis.verb": "apply",
        "nivis.phases": 2,
        "nivis.done.create": 2,
    }
