"""What spans a run's events and processes become."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping

import pytest
from opentelemetry.trace import SpanContext, SpanKind

from nivis_tofu.core import events as e
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Cancelled, EngineError, NivisError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.telemetry import carrier
from tests.support.spans import KeptSpans

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def kept() -> KeptSpans:
    return KeptSpans.new()


def at(second: int) -> str:
    return f"2026-11-23T11:29:{second:02}.5Z"


def test_a_run_in_two_phases(kept: KeptSpans) -> None:
    spans = kept.made()
    spans.called("apply")
    spans.hear(e.Stage("evaluating", 1))
    with spans.around(("nix", "eval")):
        spans.hear(e.Ran(("nix", "eval"), 0.1, 0))
    for phase, name in ((1, "p.t.a"), (2, "p.t.b")):
        spans.hear(e.Acting(phase))
        with spans.around(("tofu", "apply", "-json")):
            spans.hear(e.Started(name, "create", at(1)))
            spans.hear(e.Done(name, "create", 1.0, phase, at(3)))
            spans.hear(e.Ran(("apply",), 0.1, 0))
        spans.hear(e.Acting(phase, ended=True))
        spans.hear(e.Stage("evaluating", phase + 1))
    spans.end(0)
    assert kept.tree() == [
        "nivis apply",
        [
            *("phase 1", ["nix eval", "tofu apply", ["create p.t.a"]]),
            *("phase 2", ["tofu apply", ["create p.t.b"]]),
            "evaluating",
        ],
    ]
    assert dict(kept.named("nivis apply").attributes) == {
        "nivis.verb": "apply",
        "nivis.done.create": 2,
        "nivis.phases": 2,
        "process.exit.code": 0,
    }
    assert dict(kept.named("phase 2").attributes) == {"nivis.phase": 2}
    assert dict(kept.named("create p.t.a").attributes) == {
        "nivis.resource.id": "p.t.a",
        "nivis.resource.action": "create",
    }
    assert not any(span.status.description for span in kept.ended)


def test_a_plan_has_no_phase(kept: KeptSpans) -> None:
    spans = kept.made()
    spans.called("plan")
    for text in ("evaluating", "planning"):
        spans.hear(e.Stage(text, 1))
    with spans.around(("tofu", "plan", "-json")):
        spans.hear(e.Starting(("aws", "random")))
        spans.hear(e.Refreshing("p.t.a", at(1)))
        spans.hear(e.RefreshEnded("p.t.a", at(2)))
    spans.end(2)
    assert kept.tree() == ["nivis plan", ["planning", ["tofu plan", ["refresh p.t.a"]]]]
    process = kept.named("tofu plan")
    assert process.kind is SpanKind.CLIENT
    assert dict(process.attributes) == {
        "process.executable.name": "tofu",
        "nivis.process.command": "plan",
        "nivis.stage": "planning",
        "nivis.process.providers": ("aws", "random"),
    }
    assert kept.named("nivis plan").status.is_unset


def test_times_of_resources_are_those_of_the_engine(kept: KeptSpans) -> None:
    spans = kept.made()
    with spans.around(("tofu", "apply")):
        spans.hear(e.Started("p.t.a", "update", at(10)))
        spans.hear(e.Done("p.t.a", "update", 2.0, 1, at(12)))
    spans.end()
    found = kept.named("update p.t.a")
    assert found.end_time - found.start_time == 2 * 10**9


def test_a_failure_is_told_of_the_resource_the_process_and_the_run(kept: KeptSpans) -> None:
    spans = kept.made()
    broken = EngineError(
        Diagnostic("Bucket taken", "long text", address="p.t.a"), Diagnostic("Other", severity="warning")
    )
    with contextlib.suppress(EngineError), spans.whole(), spans.around(("tofu", "apply")):
        spans.hear(e.Started("p.t.a", "create", at(1)))
        spans.hear(e.Started("p.t.b", "create", at(1)))
        spans.hear(e.Failed("p.t.a", "create", 1, at(4)))
        spans.hear(e.Ran(("apply",), 0.1, 1))
        raise broken
    spans.end(1)
    for name in ("create p.t.a", "tofu apply", "nivis"):
        assert kept.named(name).status.description == "Bucket taken", name
    assert kept.named("create p.t.b").status.description == "no end was reported"
    failed = kept.named("create p.t.a")
    assert failed.end_time - failed.start_time == 3 * 10**9
    process = kept.named("tofu apply")
    assert process.attributes["process.exit.code"] == 1
    assert process.attributes["error.type"] == "EngineError"
    (told,) = process.events
    assert told.name == "exception"
    assert dict(told.attributes) == {
        "exception.type": "EngineError",
        "exception.message": "Bucket taken",
        "nivis.resource.id": "p.t.a",
    }
    assert kept.named("nivis").attributes["nivis.failed"] == 1


def test_a_failure_that_is_part_of_the_result(kept: KeptSpans) -> None:
    spans = kept.made()
    spans.hear(e.Broke(NivisError.of("A cycle")))
    spans.end(1)
    assert kept.named("nivis").status.description == "A cycle"


@pytest.mark.parametrize(("code", "text"), [(0, None), (2, None), (1, "exit code 1"), (130, "exit code 130")])
def test_an_exit_code_without_an_error(kept: KeptSpans, code: int, text: str | None) -> None:
    spans = kept.made()
    spans.end(code)
    assert kept.named("nivis").status.description == text


def test_of_a_bug_only_its_kind_is_told(kept: KeptSpans) -> None:
    spans = kept.made()
    with pytest.raises(ValueError, match="hunter2"), spans.whole():
        raise ValueError("hunter2")
    spans.end(1)
    assert "hunter2" not in kept.named("nivis").to_json()
    assert kept.named("nivis").status.description == "ValueError"


def test_a_stopped_run_ends_all_that_is_open(kept: KeptSpans) -> None:
    spans = kept.made()
    spans.hear(e.Acting(1))
    opened = spans.around(("tofu", "apply"))
    opened.__enter__()
    spans.hear(e.Started("p.t.a", "create", at(1)))
    spans.hear(e.Signalled(2))
    spans.stack_began("net")
    spans.end(130)
    assert {span.name for span in kept.ended} == {"nivis", "phase 1", "tofu apply", "create p.t.a", "stack net"}
    assert [event.name for event in kept.named("nivis").events] == ["signal"]
    assert not opened.__exit__(Cancelled, Cancelled.of("no"), None)  # it may be left afterwards
    assert len(kept.ended) == 5


def test_no_secret_in_anything(kept: KeptSpans) -> None:
    spans, redactor = kept.made(), Redactor(["hunter2"])
    spans.hides(redactor.redact)
    spans.called("apply hunter2")
    spans.hear(e.Stage("reading hunter2", 1))
    spans.hear(e.Warned(Diagnostic("hunter2 is old")))
    spans.stack_began("hunter2")
    spans.stack_ended("hunter2", "hunter2", fine=False)
    with contextlib.suppress(EngineError), spans.around(("tofu", "state", "rm", "hunter2")):
        spans.hear(e.Started('p.t.a["hunter2"]', "create"))
        spans.hear(e.Failed('p.t.a["hunter2"]', "create", 1))
        raise EngineError(Diagnostic("bad hunter2", "", address='p.t.a["hunter2"]'))
    spans.end(1)
    assert "hunter2" not in "".join(span.to_json() for span in kept.ended)
    assert 'create p.t.a["(sensitive)"]' in {span.name for span in kept.ended}


def test_the_run_is_part_of_what_started_it_and_processes_are_part_of_the_run(kept: KeptSpans) -> None:
    spans = kept.made(parent=carrier.received({"TRACEPARENT": PARENT, "BAGGAGE": "who=ci"}))
    with spans.around(("tofu", "plan")) as more:
        pass
    spans.end()
    assert f"{kept.named('nivis').parent.span_id:016x}" == "b7ad6b7169203331"
    process = kept.named("tofu plan").context
    assert more == {
        "TRACEPARENT": f"00-0af7651916cd43dd8448eb211c80319c-{process.span_id:016x}-01",
        "BAGGAGE": "who=ci",
    }


def test_only_engines_are_told_where_spans_go(kept: KeptSpans) -> None:
    asked: list[SpanContext] = []

    def told(owner: SpanContext) -> Mapping[str, str]:
        asked.append(owner)
        return {"OTEL_TRACES_EXPORTER": "otlp"}

    spans = kept.made(for_engine=told)
    for program in ("tofu", "terraform", "nix", "check"):
        with spans.around((program, "x")) as more:
            assert ("OTEL_TRACES_EXPORTER" in more) is (program in ("tofu", "terraform"))
    assert len(asked) == 2


def test_a_build_for_a_function_call_is_within_the_engine_that_asks(kept: KeptSpans) -> None:
    spans = kept.made()

    def build() -> None:
        with spans.around(("nix-store", "--realise")):
            spans.hear(e.Ran(("nix-store", "--realise"), 0.1, 0))

    with spans.around(("tofu", "plan")):
        thread = threading.Thread(target=build)
        thread.start()
        spans.hear(e.Ran(("plan",), 0.1, 1))
        thread.join()
    spans.end()
    assert kept.tree() == ["nivis", ["tofu plan", ["nix-store --realise"]]]
    assert kept.named("tofu plan").attributes["process.exit.code"] == 1
    assert kept.named("nix-store --realise").attributes["process.exit.code"] == 0


def test_stacks(kept: KeptSpans) -> None:
    spans = kept.made()
    spans.stack_began("net")
    env = spans.stack_environment("net")
    spans.stack_ended("net", "done", fine=True)
    spans.stack_began("app")
    spans.stack_ended("app", "failed", fine=False)
    assert spans.stack_environment("net") == {}
    spans.stack_ended("never", "not started", fine=False)
    spans.end(1)
    assert kept.tree() == ["nivis", ["stack net", "stack app"]]
    assert env["TRACEPARENT"].split("-")[2] == f"{kept.named('stack net').context.span_id:016x}"
    assert kept.named("stack app").status.description == "failed"
    assert dict(kept.named("stack net").attributes) == {"nivis.stack": "net", "nivis.stack.state": "done"}


def test_others_hear_first(kept: KeptSpans) -> None:
    heard: list[e.Event] = []
    tell = kept.made().heard_too(heard.append)
    tell(e.Told("x"))
    assert heard == [e.Told("x")]


def test_answers_of_one_process_are_one_span(kept: KeptSpans) -> None:
    spans = kept.made(began=10**9)
    with spans.around(("tofu", "apply")):
        spans.hear(e.Answered(1000, 2.0, 3.5))
    spans.end()
    assert kept.tree() == ["nivis", ["nix answers", "tofu apply"]]
    found = kept.named("nix answers")
    assert (found.start_time, found.end_time) == (2 * 10**9, 3_500_000_000)
    assert dict(found.attributes) == {"nivis.answers": 1000}
