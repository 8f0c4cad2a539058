"""Drives the engine: one method per command, results as values, failures as EngineError."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, Interrupted, NivisError
from nivis_tofu.system import process
from nivis_tofu.system.process import Completed, Redactor
from nivis_tofu.system.signals import OnSignal
from nivis_tofu.tofu import argv, documents, exclude_file, failures, messages, wire
from nivis_tofu.tofu.argv import DEFAULT_LOCKING, ApplyOptions, Argv, EngineKind, InitOptions, Locking, PlanOptions
from nivis_tofu.tofu.messages import DiagnosticMessage, Message, Noise
from nivis_tofu.tofu.provider_log import ProviderLog
from nivis_tofu.tofu.results import (
    TARGETING_WARNINGS,
    ApplyFailed,
    ApplyInterrupted,
    ApplyResult,
    Collector,
    LockHeldError,
    LockInfo,
    PlanResult,
)
from nivis_tofu.tofu.site import Site

OnCommand = Callable[[Argv, float, int | None], None]


class Tofu:
    """One engine in one working directory. Counts its processes: they are what a run costs.

    `on_message` sees every message but the engine's remarks on targeting that we caused ourselves; errors
    among them come again in the exception. `on_command` gets argv, seconds and exit code (None: stopped), `on_warning`
    what an engine's command warns of that has no result of its own.
    """

    def __init__(
        self,
        exe: Path,
        kind: EngineKind,
        workdir: Path,
        env: Mapping[str, str],
        *,
        redactor: Redactor | None = None,
        on_message: Callable[[Message], None] = lambda _: None,
        on_signal: OnSignal | None = None,
        on_command: OnCommand = lambda *_: None,
        on_warning: Callable[[Diagnostic], None] = lambda _: None,
    ) -> None:
        self._exe, self.kind, self.env = exe, kind, env
        self.absent: NivisError | None = None
        """What is raised when the engine is asked something: there is none on this machine."""
        self.site = Site(workdir, scratch=workdir)
        self.redactor = redactor or Redactor()
        self.on_message, self.on_signal, self.on_command = on_message, on_signal, on_command
        self.translate: Callable[[Diagnostic, Path | None], Diagnostic] = lambda found, _: found
        """Makes a diagnostic about a generated module (its file, if it is about one) one about what the user wrote."""
        self.on_warning = on_warning
        self._started = datetime.now(UTC)
        self.on_raw: Callable[[str, dict[str, Any]], None] | None = None
        """Sees each JSON line of a command, named first, as the engine wrote it but for secrets."""
        self.provider_log: ProviderLog | None = None
        """Where providers log to; `on_note` gets each line of it once a process has ended."""
        self.on_note: Callable[[str], None] = lambda _: None
        self.processes = 0
        self.schema_loads = 0
        """Processes that loaded provider schemas, which is the slow part with real providers."""

    @property
    def exe(self) -> Path:
        if self.absent:
            raise self.absent
        return self._exe

    @property
    def workdir(self) -> Path:
        return self.site.path

    def init(self, options: InitOptions = InitOptions()) -> tuple[Diagnostic, ...]:  # noqa: B008 - frozen
        """Install what the configuration needs; returns warnings."""
        return self._stream(argv.init(options), Collector()).warnings

    def plan(self, options: PlanOptions = PlanOptions()) -> PlanResult:  # noqa: B008 - frozen
        if options.generate_config_out:
            Path(options.generate_config_out).unlink(missing_ok=True)  # of a plan before: the engine writes no old file
        with exclude_file.through(options, self.kind, self.site.scratch) as options:
            line = argv.plan(options, self.kind)
            return self._stream(line, Collector(), loads=True, hush=options.partial).plan_result()

    def apply(self, plan_file: Path, options: ApplyOptions = ApplyOptions()) -> ApplyResult:  # noqa: B008 - frozen
        """Apply a saved plan; raises ApplyFailed or ApplyInterrupted, both with the result so far."""
        return self._apply(argv.apply_saved(str(plan_file), options), hush=True)

    def apply_direct(
        self,
        plan: PlanOptions = PlanOptions(),  # noqa: B008 - frozen
        options: ApplyOptions = ApplyOptions(),  # noqa: B008 - frozen
    ) -> ApplyResult:
        """Plan and apply in one process, without asking."""
        with exclude_file.through(plan, self.kind, self.site.scratch) as plan:
            return self._apply(argv.apply_direct(plan, options, self.kind), hush=plan.partial)

    def show_plan(self, plan_file: Path) -> tuple[documents.Plan, dict[str, Any]]:
        """The saved plan, typed and as the engine's own document."""
        raw = wire.load_object(self._text(argv.show(str(plan_file)), loads=True, reads=True), "the saved plan")
        return documents.read_plan(raw), raw

    def show_state(self) -> tuple[documents.State, dict[str, Any]]:
        raw = wire.load_object(self._text(argv.show(), loads=True, reads=True), "the state")
        return documents.read_state(raw), raw

    def state_pull(self) -> str:
        """The state as it is stored, empty where there is none; see models.read_raw_state."""
        return self._text(argv.state_pull(), reads=True)

    def providers_schema(self) -> dict[str, Any]:
        return wire.load_object(self._text(argv.providers_schema(), loads=True), "the provider schemas")

    def output(self) -> dict[str, Any]:
        """Name -> {value, type, sensitive}, values in clear."""
        return wire.load_object(self._text(argv.output(), reads=True), "the outputs")

    def version(self) -> str:
        raw = wire.load_object(self._text(argv.version(), reads=True), "the engine's version")
        return str(raw.get("terraform_version", ""))

    def validate(self) -> tuple[Diagnostic, ...]:
        """Check the configuration; returns warnings."""
        done = self._run(argv.validate(), loads=True)
        collector = Collector()
        # An invalid configuration ends with exit code 1 and a document; an engine that broke, without one.
        with contextlib.suppress(*((EngineError,) if done.returncode else ())):
            for item in wire.load_object(done.stdout, "the validation").get("diagnostics") or ():
                collector.add(self._clean(DiagnosticMessage(wire.diagnostic(item))))
        self._check(done, collector)
        return collector.warnings

    def state_list(self, addresses: Argv = ()) -> tuple[str, ...]:
        return tuple(self._text(argv.state_list(addresses), reads=True).splitlines())

    def state_mv(
        self, source: str, destination: str, locking: Locking = DEFAULT_LOCKING, *, dry_run: bool = False
    ) -> None:
        self._change(argv.state_mv(source, destination, locking, self.kind, dry_run=dry_run))

    def state_rm(self, addresses: Argv, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.state_rm(addresses, locking, self.kind))

    def state_push(self, file: Path, locking: Locking = DEFAULT_LOCKING, *, force: bool = False) -> None:
        self._change(argv.state_push(str(file), locking, self.kind, force=force))

    def state_replace_provider(self, source: str, destination: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.state_replace_provider(source, destination, locking, self.kind))

    def import_(self, address: str, import_id: str, locking: Locking = DEFAULT_LOCKING, var_files: Argv = ()) -> None:
        self._change(argv.import_(address, import_id, locking, self.kind, var_files), loads=True)

    def taint(self, address: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.taint(address, locking, self.kind))

    def untaint(self, address: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.untaint(address, locking, self.kind))

    def attached(self, line: Argv, env: Mapping[str, str]) -> int:
        """A command line of the user's own, on the terminal as it is; `env` is the user's environment."""
        with self.site.occupied():
            whole = self._command(line) if line[0] in argv.WITH_VALUES else (str(self.exe), *line)
            return process.attached(whole, cwd=self.site.path, env=self._in_site(env))

    def lock_holder(self) -> LockInfo | None:
        """Who holds the state lock; None if nobody does."""
        try:
            self.touch_lock(DEFAULT_LOCKING)
        except LockHeldError as error:
            return error.lock
        return None

    def touch_lock(self, locking: Locking) -> None:
        """Take the state lock and give it back. Raises LockHeldError where somebody else has it."""
        self._change(argv.touch_lock(locking, self.kind), quiet=True)

    def force_unlock(self, lock_id: str) -> None:
        self._change(argv.force_unlock(lock_id, self.kind))

    def workspace_list(self) -> tuple[tuple[str, ...], str]:
        """All names, and the current one."""
        # With TF_WORKSPACE set a sentence about it follows the list.
        lines = [
            x for x in self._text(argv.workspace_list(), reads=True).splitlines() if x[:2] in ("* ", "  ") and x.strip()
        ]
        current = next((line[2:] for line in lines if line.startswith("*")), "default")
        return tuple(line[2:] for line in lines), current

    def workspace_new(self, name: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.workspace_new(name, locking, self.kind))

    def workspace_select(self, name: str) -> None:
        self._change(argv.workspace_select(name, self.kind))

    def workspace_delete(self, name: str, locking: Locking = DEFAULT_LOCKING, *, force: bool = False) -> None:
        self._change(argv.workspace_delete(name, locking, self.kind, force=force))

    def _apply(self, line: Argv, *, hush: bool) -> ApplyResult:
        collector = Collector()
        try:
            self._stream(line, collector, loads=True, hush=hush, survives=self.site.scratch)
        except LockHeldError:
            raise
        except EngineError as error:
            raise ApplyFailed(*error.diagnostics, result=collector.apply_result(), raw=error.raw) from error
        except Interrupted as error:
            raise ApplyInterrupted(error, collector.apply_result()) from error
        return collector.apply_result()

    def _change(self, line: Argv, *, loads: bool = False, quiet: bool = False) -> None:
        """A command that is run for what it does: JSON where the engine offers it. `quiet`: no warnings of it."""
        if self.kind == "tofu":
            done = self._stream(line, Collector(), loads=loads)
            remarks = (Diagnostic(text, severity="warning") for text in done.remarks)
            for warning in () if quiet else (*done.warnings, *remarks):
                self.on_warning(warning)
        else:
            self._text(line, loads=loads)

    def _stream(
        self,
        line: Argv,
        collector: Collector,
        *,
        loads: bool = False,
        hush: bool = False,
        survives: Path | None = None,
    ) -> Collector:
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
                self.on_raw(line[0], failures.cleaned(wire.loads(text), self.redactor))

        with self._counted(line, loads=loads) as finish, self.site.occupied():
            done = process.stream(
                self._command(line),
                cwd=self.site.path,
                env=self._in_site(self.env),
                on_line=on_line,
                on_signal=self.on_signal,
                survives=survives,
            )
            finish(done)
        self._check(done, collector)
        return collector

    def _text(self, line: Argv, *, loads: bool = False, reads: bool = False) -> str:
        done = self._run(line, loads=loads, reads=reads)
        self._check(done, Collector())
        return done.stdout

    def _run(self, line: Argv, *, loads: bool, reads: bool = False) -> Completed:
        """`reads`: only a state or a plan is read, which needs no configuration but the backend's."""
        aside = self.site.reading if reads else None
        with self._counted(line, loads=loads) as finish, contextlib.ExitStack() as stack:
            if aside is None:
                stack.enter_context(self.site.occupied())
            done = process.run(
                (str(self.exe), *line) if aside else self._command(line),
                cwd=aside or self.site.path,
                env=self.env if aside else self._in_site(self.env),
                on_signal=self.on_signal,
            )
            finish(done)
        return done

    def _command(self, line: Argv) -> Argv:
        """The whole command line, with the files that give variables their values."""
        files = tuple(str(file) for file in self.site.var_files if file.exists())
        return (str(self.exe), *argv.with_var_files(line, files, self.kind))

    def _in_site(self, env: Mapping[str, str]) -> Mapping[str, str]:
        return {**env, "TF_DATA_DIR": self.site.data_dir} if self.site.data_dir else env

    @contextlib.contextmanager
    def _counted(self, line: Argv, *, loads: bool) -> Iterator[Callable[[Completed], None]]:
        self.processes += 1
        self.schema_loads += loads
        started, self._started = time.monotonic(), datetime.now(UTC)
        code: list[int] = []
        try:
            yield lambda done: code.append(done.returncode)
        finally:
            shown = tuple(self.redactor.redact(item) for item in line)
            self.on_command(shown, time.monotonic() - started, code[0] if code else None)
            for note in self.provider_log.news() if self.provider_log else ():
                self.on_note(self.redactor.redact(note))

    def _check(self, done: Completed, collector: Collector) -> None:
        """Success is exit code 0 and no error diagnostic."""
        if done.returncode != 0 or collector.errors:
            raise failures.failure(self.kind, done, collector, self.redactor, self._started)

    def _clean(self, message: Message) -> Message:
        message = failures.redacted(message, self.redactor)
        if isinstance(message, DiagnosticMessage):
            found = message.diagnostic
            if found.position is None or (name := self.site.name_of(found.position.file)):
                place = found.position and replace(found.position, file=name)
                return DiagnosticMessage(self.translate(replace(found, position=place), None))
            return DiagnosticMessage(self.translate(found, self.site.module))
        return message
