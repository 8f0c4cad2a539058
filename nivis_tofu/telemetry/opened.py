"""Spans that have not ended: of a run, a phase, a process, a resource, a stack. Nothing secret gets into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from nivis_tofu.telemetry import names
from nivis_tofu.telemetry.redaction import Redaction

_Opened = TypeVar("_Opened", bound="Opened")
_TOLD = 20
"""So many errors of one failure are events of a span."""


@dataclass(eq=False)  # each is itself
class Opened:
    """`context`: what is a part of it is opened with this one."""

    tracer: Any
    redaction: Redaction
    span: Any
    context: Any

    def within(
        self, made: type[_Opened], name: str, about: Mapping[str, Any] | None = None, *, began: int | None = None
    ) -> _Opened:
        """A span that is a part of this one; `began`: when, in nanoseconds since 1970."""
        return opened(made, self.tracer, self.redaction, name, self.context, about or {}, began)

    def called(self, name: str) -> None:
        self.span.update_name(self.redaction.text(name))

    def set(self, about: Mapping[str, Any]) -> None:
        self.span.set_attributes(clean(about, self.redaction))

    def tell(self, name: str, about: Mapping[str, Any]) -> None:
        """Something that happened now."""
        self.span.add_event(name, clean(about, self.redaction))

    def fail(self, text: str) -> None:
        self.span.set_status(Status(StatusCode.ERROR, self.redaction.text(text)))

    def fail_of(self, error: BaseException) -> None:
        """An error is told by its summaries; one that is not ours, by its type alone."""
        found = [d for d in getattr(error, "diagnostics", ()) if d.severity == "error"]
        kind = type(error).__name__
        self.set({names.ERROR_TYPE: kind})
        self.fail(found[0].summary if found else kind)
        for diagnostic in found[:_TOLD]:
            about = {names.EXCEPTION_TYPE: kind, names.EXCEPTION_MESSAGE: diagnostic.summary}
            self.tell("exception", about | {names.RESOURCE: diagnostic.address})


@dataclass(eq=False)  # each is itself
class PhaseSpan(Opened):
    """Called a phase if something was applied in it."""

    number: int = 0
    done: bool = False
    """Has something been done to a resource?"""
    _stages: set[str] = field(default_factory=set)
    _acted: bool = False

    def enter(self, stage: str) -> None:
        self._stages |= {stage} - {""}

    def act(self) -> None:
        self._acted = True

    def succeed(self) -> None:
        self.done = True

    def end(self) -> None:
        if self._acted:
            self.set({names.PHASE: self.number})
        else:
            self.called("planning" if self._stages - {"evaluating"} else "evaluating")
        self.span.end()


@dataclass(eq=False)  # each is itself
class ObjectSpan(Opened):
    """What the engine does to a resource. `failed`: when it failed; the error is told later."""

    failed: int | None = None

    def broke(self, ended: int) -> None:
        self.fail("failed")
        self.failed = ended


@dataclass(eq=False)  # each is itself
class ProcessSpan(Opened):
    """`thread`: the one that waits for the process."""

    program: str = ""
    thread: int = 0
    objects: dict[tuple[str, str], ObjectSpan] = field(default_factory=dict)
    """Resource id and action -> what the engine does to it."""

    def ran(self, code: int | None) -> None:
        """`code`: None if it was stopped."""
        if code is not None:
            self.set({names.EXIT_CODE: code})
        if code:
            self.fail(f"exit code {code}")

    def fail_of(self, error: BaseException) -> None:
        super().fail_of(error)
        told = {d.address: d.summary for d in reversed(getattr(error, "diagnostics", ())) if d.severity == "error"}
        for (name, _), one in self.objects.items():
            if one.failed is not None and name in told:
                one.fail(told[name])

    def end(self) -> None:
        for (_, action), one in self.objects.items():
            if one.failed is None and action != "refresh":
                one.fail("no end was reported")
            one.span.end(one.failed)
        self.span.end()


def opened(
    made: type[_Opened],
    tracer: Any,
    redaction: Redaction,
    name: str,
    context: Any,
    about: Mapping[str, Any],
    began: int | None,
) -> _Opened:
    """A span in a context; without one, in the present context of this thread."""
    kind = SpanKind.CLIENT if made is ProcessSpan else SpanKind.INTERNAL
    span = tracer.start_span(redaction.text(name), context, kind, clean(about, redaction), start_time=began)
    return made(tracer, redaction, span, trace.set_span_in_context(span, context))


def clean(about: Mapping[str, Any], redaction: Redaction) -> dict[str, Any]:
    """Attributes without secrets, and without those that say nothing."""
    known = {key: found for key, found in about.items() if found != ""}
    return {key: redaction.text(found) if isinstance(found, str) else found for key, found in known.items()}
