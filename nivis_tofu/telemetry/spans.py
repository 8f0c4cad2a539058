"""The spans of one run: the run, its phases, the processes in them, and the resources that the engine works on.

Data: events as the run tells them, processes as they begin and end -> spans, each within the one that it is a part of.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.trace import SpanContext

from nivis_tofu.core import events as e
from nivis_tofu.telemetry import carrier, names
from nivis_tofu.telemetry.opened import ObjectSpan, Opened, PhaseSpan, ProcessSpan, opened
from nivis_tofu.telemetry.redaction import Redaction

SCOPE = "nivis"
_ENGINES = ("tofu", "terraform")
ForEngine = Callable[[SpanContext], Mapping[str, str]]
"""What is added to the environment of an engine, about where the spans of its own go."""


class Spans:
    """`parent`: the context of whoever started the run; `began`: when. Safe to use from several threads."""

    def __init__(
        self,
        tracer: Any,
        name: str,
        *,
        parent: Any = None,
        began: int | None = None,
        redaction: Redaction | None = None,
        for_engine: ForEngine = lambda _: {},
    ) -> None:
        self._redaction, self._for_engine = redaction or Redaction(), for_engine
        self._lock = threading.RLock()
        self._root = opened(Opened, tracer, self._redaction, name, parent, {}, began)
        self._phase: PhaseSpan | None = None
        self._processes: list[ProcessSpan] = []
        self._stacks: dict[str, Opened] = {}
        self._stage, self._phases, self._broken = "", 0, False
        self._done: Counter[str] = Counter()

    def hides(self, redact: Callable[[str], str]) -> None:
        """From now on this takes secrets out of every text."""
        self._redaction.add(redact)

    def called(self, verb: str) -> None:
        """What is run, once that is known."""
        self._root.called(f"nivis {verb}".rstrip())
        self._root.set({names.VERB: verb})

    def heard_too(self, tell: Callable[[e.Event], None]) -> Callable[[e.Event], None]:
        """Tells others and makes spans of it."""

        def both(event: e.Event) -> None:
            tell(event)
            self.hear(event)

        return both

    def hear(self, event: e.Event) -> None:
        with self._lock:
            self._hear(event)

    def _hear(self, event: e.Event) -> None:
        match event:
            case e.Stage(text=text, phase=phase):
                self._in_stage(text, phase)
            case e.Acting(phase=phase, ended=False):
                self._in_stage(self._stage, phase)
                if self._phase:
                    self._phase.act()
            case e.Ran(code=code):
                here = threading.get_ident()
                for process in [p for p in self._processes if p.thread == here][-1:]:
                    process.ran(code)
            case e.Answered(questions=questions, began=began, ended=ended):
                answers = self._root.within(Opened, "nix answers", {names.ANSWERS: questions}, began=int(began * 10**9))
                answers.span.end(int(ended * 10**9))
            case e.Starting(providers=providers):
                self._inner.set({names.PROVIDERS: providers})
            case e.Refreshing(id=name, moment=moment):
                self._began(name, "refresh", moment)
            case e.RefreshEnded(id=name, moment=moment):
                self._ended(name, "refresh", moment)
            case e.Started(id=name, action=action, moment=moment):
                self._began(name, action, moment)
            case e.Done(id=name, action=action, moment=moment):
                self._done[names.DONE + action] += 1
                if self._phase:
                    self._phase.succeed()
                self._ended(name, action, moment)
            case e.Failed(id=name, action=action, moment=moment):
                self._done[names.FAILED] += 1
                self._ended(name, action, moment, failed=True)
            case e.Warned(diagnostic=found):
                self._root.tell("warning", {names.MESSAGE: found.summary})
            case e.Signalled(times=times):
                self._root.tell("signal", {names.TIMES: times})
            case e.Broke(error=error):
                self._broke(error)
            case _:
                pass

    @contextlib.contextmanager
    def around(self, words: Sequence[str]) -> Iterator[Mapping[str, str]]:
        """A process; what is added to its environment makes its own spans children of this one."""
        process = self._process(words)
        told = self._for_engine(process.span.get_span_context()) if process.program in _ENGINES else {}
        try:
            yield {**carrier.handed_on(process.context), **told}
        except BaseException as error:
            with self._lock:
                if process in self._processes:
                    process.fail_of(error)
            raise
        finally:
            with self._lock:
                self._process_ended(process)

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """The run itself: what it raises is what it failed of."""
        try:
            yield
        except BaseException as error:
            self._broke(error)
            raise

    def end(self, code: int | None = None) -> None:
        """The run has ended, with an exit code if it is a program; so has all that is still open."""
        with self._lock:
            for process in reversed(self._processes[:]):
                self._process_ended(process)
            self._phase_ended()
            for name in list(self._stacks):
                self.stack_ended(name, "unknown", fine=False)
            self._root.set({**self._done, **({names.PHASES: self._phases} if self._phases else {})})
            if code is not None:
                self._root.set({names.EXIT_CODE: code})
                if code not in (0, 2) and not self._broken:
                    self._root.fail(f"exit code {code}")
            self._root.span.end()

    def stack_began(self, name: str) -> None:
        """A stack of the flake is run, in a process of its own."""
        with self._lock:
            self._stacks[name] = self._root.within(Opened, f"stack {name}", {names.STACK: name})

    def stack_environment(self, name: str) -> dict[str, str]:
        """What makes the run of that stack a part of this one."""
        return carrier.handed_on(self._stacks[name].context) if name in self._stacks else {}

    def stack_ended(self, name: str, state: str, *, fine: bool) -> None:
        with self._lock:
            if stack := self._stacks.pop(name, None):
                stack.set({names.STATE: state})
                if not fine:
                    stack.fail(state)
                stack.span.end()

    @property
    def _inner(self) -> Opened:
        """What goes on now."""
        return self._processes[-1] if self._processes else self._phase or self._root

    def _broke(self, error: BaseException) -> None:
        self._broken = True
        self._root.fail_of(error)

    def _in_stage(self, text: str, phase: int) -> None:
        self._stage = text
        if phase and (self._phase is None or self._phase.number != phase):
            self._phase_ended()
            self._phase = replace(self._root.within(PhaseSpan, f"phase {phase}"), number=phase)
        if self._phase:
            self._phase.enter(text)

    def _phase_ended(self) -> None:
        if self._phase:
            self._phases += self._phase.done
            self._phase.end()
            self._phase = None

    def _process(self, words: Sequence[str]) -> ProcessSpan:
        program, command = words[0], names.command(words)
        about = {names.PROGRAM: program, names.COMMAND: command, names.STAGE: self._stage}
        with self._lock:
            made = self._inner.within(ProcessSpan, f"{program} {command}".rstrip(), about)
            process = replace(made, program=program, thread=threading.get_ident())
            self._processes.append(process)
        return process

    def _process_ended(self, process: ProcessSpan) -> None:
        if process in self._processes:
            self._processes.remove(process)
            process.end()

    def _began(self, name: str, action: str, moment: str) -> None:
        if owner := self._engine:
            about = {names.RESOURCE: name, names.ACTION: action}
            began = names.nanoseconds(moment)
            if before := owner.objects.pop((name, action), None):
                before.span.end(before.failed)
            owner.objects[name, action] = owner.within(ObjectSpan, f"{action} {name}", about, began=began)

    def _ended(self, name: str, action: str, moment: str, *, failed: bool = False) -> None:
        owner = self._engine
        if owner is None or (name, action) not in owner.objects:
            return
        ended = names.nanoseconds(moment)
        if failed:
            owner.objects[name, action].broke(ended or time.time_ns())
        else:
            owner.objects.pop((name, action)).span.end(ended)

    @property
    def _engine(self) -> ProcessSpan | None:
        return next((p for p in reversed(self._processes) if p.program in _ENGINES), None)
