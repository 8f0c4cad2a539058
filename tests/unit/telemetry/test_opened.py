"""Spans that have not ended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from opentelemetry.trace import SpanKind

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.telemetry.opened import ObjectSpan, Opened, PhaseSpan, ProcessSpan, opened
from nivis_tofu.telemetry.redaction import Redaction
from tests.support.spans import KeptSpans


@pytest.fixture
def kept() -> KeptSpans:
    return KeptSpans.new()


@pytest.fixture
def root(kept: KeptSpans) -> Opened:
    redaction = Redaction()
    redaction.add(lambda text: text.replace("hunter2", "(sensitive)"))
    return opened(Opened, kept.provider.get_tracer("t"), redaction, "root", None, {}, None)


def test_texts_are_clean_and_what_says_nothing_is_left_out(kept: KeptSpans, root: Opened) -> None:
    child = root.within(ProcessSpan, "run hunter2", {"a": "hunter2", "b": "", "n": 0}, began=7)
    child.called("went hunter2")
    child.tell("event", {"c": "hunter2"})
    child.end()
    found = kept.named("went (sensitive)")
    assert dict(found.attributes) == {"a": "(sensitive)", "n": 0}
    assert dict(found.events[0].attributes) == {"c": "(sensitive)"}
    assert (found.kind, found.start_time) == (SpanKind.CLIENT, 7)
    assert found.parent.span_id == root.span.get_span_context().span_id


@pytest.mark.parametrize(
    ("stages", "acted", "name"),
    [
        (("evaluating",), False, "evaluating"),
        (("evaluating", ""), False, "evaluating"),
        (("evaluating", "planning"), False, "planning"),
        (("evaluating", "planning", "applying"), True, "phase 2"),
    ],
)
def test_a_phase_is_one_that_applies(
    kept: KeptSpans, root: Opened, stages: tuple[str, ...], acted: bool, name: str
) -> None:
    phase = replace(root.within(PhaseSpan, "phase 2"), number=2)
    for stage in stages:
        phase.enter(stage)
    if acted:
        phase.act()
    phase.end()
    assert dict(kept.named(name).attributes) == ({"nivis.phase": 2} if acted else {})


def test_an_error_finds_its_resource(kept: KeptSpans, root: Opened) -> None:
    process = root.within(ProcessSpan, "tofu apply")
    for name, failed in (("a", 30), ("b", 40), ("c", None)):
        one = process.objects[name, "create"] = process.within(ObjectSpan, name, began=10)
        if failed:
            one.broke(failed)
    process.fail_of(EngineError(Diagnostic("Taken", address="a"), Diagnostic("Later", address="a")))
    process.end()
    assert [(s.name, s.status.description, s.end_time) for s in kept.ended if s.name in "ab"] == [
        ("a", "Taken", 30),
        ("b", "failed", 40),
    ]
    assert kept.named("c").status.description == "no end was reported"
    assert len(kept.named("tofu apply").events) == 2


def test_how_many_errors_are_told(kept: KeptSpans, root: Opened) -> None:
    root.fail_of(EngineError(*(Diagnostic(str(n)) for n in range(100))))
    root.span.end()
    assert len(kept.named("root").events) == 20
