"""Running the engine: one process after another in one place, its stream cleaned, its failures as EngineError."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable, mutable
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.system import memory, process
from nivis_tofu.system.around import Around, unwatched
from nivis_tofu.system.process import Completed
from nivis_tofu.system.signals import OnSignal, Stop
from nivis_tofu.tofu import argv, failures, messages
from nivis_tofu.tofu.argv import Argv, EngineKind
from nivis_tofu.tofu.env import brief
from nivis_tofu.tofu.messages import DiagnosticMessage, Message, Noise
from nivis_tofu.tofu.provider_log import ProviderLog
from nivis_tofu.tofu.results import TARGETING_WARNINGS, Collector, End
from nivis_tofu.tofu.site import Site

FEW = 2_000
"""Resources of which a plan is brief: what an engine holds of so many is far from the limit that it gets then."""
OnCommand = Callable[[Argv, float, int | None], None]


@mutable
class Cost:
    """How many processes an engine has started so far, in whatever directory, and what they have taught."""

    processes: int = 0
    schema_loads: int = 0
    """Processes that loaded provider schemas, which is the slow part with real providers."""

    values_beside_plan: bool = True
    """Does the engine take values of variables beside a saved plan? Known not to once it has refused them."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the last process was started."""

    def refuse_values(self) -> None:
        """The last process refused them, and did nothing."""
        self.values_beside_plan = False
        self.processes -= 1
        self.schema_loads -= 1

    def count(self, *, loads: bool) -> None:
        self.began = datetime.now(UTC)
        self.processes += 1
        self.schema_loads += loads


@immutable
class Processes:
    """One engine in one place; `at` gives the same one elsewhere. Counts its processes: they are the cost."""

    program: Path
    kind: EngineKind
    site: Site
    env: Mapping[str, str]
    redactor: Redactor = field(default_factory=Redactor)
    absent: NivisError | None = None
    """What is raised when the engine is asked something: there is none on this machine."""
    on_message: Callable[[Message], None] = lambda _: None
    """Sees every message but the engine's remarks on targeting that we caused ourselves; errors among them come again
    in the exception."""
    on_signal: OnSignal | None = None
    stop: Stop | None = None
    """Who else may stop what runs."""
    on_command: OnCommand = lambda *_: None
    """Gets the command line, seconds and exit code (None: stopped) of every process."""
    around: Around = unwatched
    """Gets the engine's name and the command line of every process, without what may be secret."""
    on_warning: Callable[[Diagnostic], None] = lambda _: None
    """Gets what a command warns of that has no result of its own."""
    on_raw: Callable[[str, dict[str, Any]], None] | None = None
    """Sees each JSON line of a command, named first, as the engine wrote it but for secrets."""
    on_note: Callable[[str], None] = lambda _: None
    """Gets each line of the provider log once a process has ended."""
    provider_log: ProviderLog | None = None
    translate: Callable[[Diagnostic, Path | None], Diagnostic] = lambda found, _: found
    """Makes a diagnostic about a generated module (its file, if it is about one) one about what the user wrote."""
    within: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda env: env
    """An environment in which the engine finds providers that run in this process and not in its own."""
    cost: Cost = field(default_factory=Cost)

    def at(self, site: Site | None = None, env: Mapping[str, str] | None = None, **changes: Any) -> Self:
        """The same engine in another place or environment, or heard by others (`on_message`, `on_raw`)."""
        return replace(self, site=site or self.site, env=self.env if env is None else env, **changes)

    def planning(self, resources: int) -> Self:
        """The same engine for a plan of so many resources."""
        return self.at(env=brief(self.env, memory.available())) if resources <= FEW else self

    @property
    def processes(self) -> int:
        return self.cost.processes

    @property
    def schema_loads(self) -> int:
        return self.cost.schema_loads

    @property
    def exe(self) -> Path:
        if self.absent:
            raise self.absent
        return self.program

    @property
    def directory(self) -> Path:
        return self.site.path

    def _stream(
        self,
        line: Argv,
        collector: Collector,
        *,
        loads: bool = False,
        hush: bool = False,
        survives: Path | None = None,
        end: End | None = None,
    ) -> Collector:
        """`end`: what it has to say that it has ended, whatever its exit code."""

        def on_line(text: str) -> None:
            if not text.strip():
                return
            message = self._clean(messages.decode(text))
            if isinstance(message, DiagnosticMessage) and message.diagnostic.severity == "warning":
                known = self.site.hushed | (TARGETING_WARNINGS if hush else frozenset())
                if message.diagnostic.summary in known:
                    return
            collector.add(message)
            self.on_message(message)
            if self.on_raw and not isinstance(message, Noise):
                self.on_raw(line[0], failures.cleaned(json_text.loads(text), self.redactor))

        with self._counted(line, loads=loads) as (more, finish), self.site.occupied():
            done = process.stream(
                self._command(line),
                cwd=self.site.path,
                env=self._in_site({**self.env, **more}),
                on_line=on_line,
                on_signal=self.on_signal,
                survives=survives,
                stop=self.stop,
            )
            finish(done)
            self._check(done, collector)
            if end and not collector.told(end):
                raise failures.broken_off(self.kind, done, collector, self.redactor)
        return collector

    def _text(self, line: Argv, *, loads: bool = False, reads: bool = False) -> str:
        done = self._run(line, loads=loads, reads=reads)
        self._check(done, Collector())
        return done.stdout

    def _run(self, line: Argv, *, loads: bool, reads: bool = False) -> Completed:
        """`reads`: only a state or a plan is read, which needs no configuration but the backend's."""
        aside = self.site.reading if reads else None
        with self._counted(line, loads=loads) as (more, finish), contextlib.ExitStack() as stack:
            env = {**self.env, **more}
            if aside is None:
                stack.enter_context(self.site.occupied())
            done = process.run(
                (str(self.exe), *line) if aside else self._command(line),
                cwd=aside or self.site.path,
                env=self.within(env) if aside else self._in_site(env),
                on_signal=self.on_signal,
                stop=self.stop,
            )
            finish(done)
        return done

    def _command(self, line: Argv) -> Argv:
        """The whole command line, with the files that give variables their values."""
        files = tuple(str(file) for file in self.site.var_files if file.exists())
        return (str(self.exe), *argv.with_var_files(line, files, self.kind, beside_plan=self.cost.values_beside_plan))

    def _in_site(self, env: Mapping[str, str]) -> Mapping[str, str]:
        return self.within({**env, "TF_DATA_DIR": self.site.data_dir} if self.site.data_dir else env)

    @contextlib.contextmanager
    def _counted(self, line: Argv, *, loads: bool) -> Iterator[tuple[Mapping[str, str], Callable[[Completed], None]]]:
        """Around one process: what is added to its environment, and who is told how it ended."""
        self.cost.count(loads=loads)
        started = time.monotonic()
        code: list[int] = []
        shown = tuple(self.redactor.redact(item) for item in line)
        with self.around((self.kind, *shown)) as more:
            try:
                yield more, lambda done: code.append(done.returncode)
            finally:
                self.on_command(shown, time.monotonic() - started, code[0] if code else None)
                for note in self.provider_log.news() if self.provider_log else ():
                    self.on_note(self.redactor.redact(note))

    def _check(self, done: Completed, collector: Collector) -> None:
        """Success is exit code 0 and no error diagnostic."""
        if done.returncode != 0 or collector.errors:
            raise failures.failure(self.kind, done, collector, self.redactor, self.cost.began)

    def _clean(self, message: Message) -> Message:
        message = failures.redacted(message, self.redactor)
        if isinstance(message, DiagnosticMessage):
            found = message.diagnostic
            if found.position is None or (name := self.site.name_of(found.position.file)):
                place = found.position and replace(found.position, file=name)
                return DiagnosticMessage(self.translate(replace(found, position=place), None))
            return DiagnosticMessage(self.translate(found, self.site.module))
        return message
